using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Client.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Console.Tests")]
[assembly: InternalsVisibleTo("orleanswork")]
[assembly: InternalsVisibleTo("OrleansWork.Silo")]
[assembly: InternalsVisibleTo("OrleansWork.Silo.Tests")]
