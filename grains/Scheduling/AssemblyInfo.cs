using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Protocol")]
[assembly: InternalsVisibleTo("OrleansWork.Client")]
[assembly: InternalsVisibleTo("OrleansWork.Engine")]
[assembly: InternalsVisibleTo("OrleansWork.Testing")]
[assembly: InternalsVisibleTo("orleanswork")]
[assembly: InternalsVisibleTo("OrleansWork.Scheduling.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Simulation")]
[assembly: InternalsVisibleTo("OrleansWork.Engine.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Testing.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Benchmarks")]
[assembly: InternalsVisibleTo("OrleansWork.System.Tests")]
