using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Console.Tests")]
[assembly: InternalsVisibleTo("orleanswork")]
