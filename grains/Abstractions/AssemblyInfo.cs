using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Engine")]
[assembly: InternalsVisibleTo("OrleansWork.Client")]
[assembly: InternalsVisibleTo("OrleansWork.Silo")]
[assembly: InternalsVisibleTo("OrleansWork.Jobs.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Engine.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Scheduling.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Benchmarks")]
