using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Console.Tests")]
