using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Engine.Tests")]
[assembly: InternalsVisibleTo("OrleansWork.Testing.Tests")]
