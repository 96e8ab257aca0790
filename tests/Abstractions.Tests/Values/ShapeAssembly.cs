using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Compiles shapes into an assembly in memory.</summary>
public static class ShapeAssembly
{
    public static Assembly Compile(IReadOnlyList<PartialShape> shapes)
    {
        CSharpParseOptions parse = new(LanguageVersion.Preview);
        const string implicits =
            "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading;";
        IEnumerable<string> sources = shapes.Select(ShapeSource.Of).Prepend(ShapeSource.Common).Prepend(implicits);
        IEnumerable<string> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Shapes",
            sources.Select(source => CSharpSyntaxTree.ParseText(source, parse)),
            references.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                optimizationLevel: OptimizationLevel.Release
            )
        );
        using MemoryStream image = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(image);
        Diagnostic[] errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
        Assert.True(result.Success, string.Join('\n', errors.Take(5).Select(error => $"{error}\n{error.Location.SourceTree}")));
        image.Position = 0;
        return new AssemblyLoadContext(null).LoadFromStream(image);
    }
}
