using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("OrleansWork.Store.Tests")]
