using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("orleanswork")]
[assembly: InternalsVisibleTo("OrleansWork.Client")]
[assembly: InternalsVisibleTo("OrleansWork.Engine")]
[assembly: InternalsVisibleTo("OrleansWork.Silo")]
[assembly: InternalsVisibleTo("OrleansWork.Testing")]
[assembly: InternalsVisibleTo("OrleansWork.Abstractions.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Jobs.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Testing.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Engine.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Silo.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Benchmarks")]
