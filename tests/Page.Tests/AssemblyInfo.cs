using OrleansWork.PageTests.Browsing;

// What waits for silos that are away, or for a cluster to start, leaves the cores to the others.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 3)]
[assembly: AssemblyFixture(typeof(Chromium))]
