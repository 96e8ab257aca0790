using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Jobs.Tests")]
