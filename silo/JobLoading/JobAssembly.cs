using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace OrleansWork.Silo.JobLoading;

/// <summary>An assembly with job kinds that is not built in.</summary>
/// <param name="Assembly">The assembly, which was loaded from memory and does not know its file.</param>
/// <param name="File">Its file.</param>
internal sealed record JobAssembly(Assembly Assembly, string File);
