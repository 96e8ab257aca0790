using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Silo.Tests")]
