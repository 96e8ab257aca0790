using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;

// Two cores: side by side they would only slow each other down.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(SharedCluster))]
