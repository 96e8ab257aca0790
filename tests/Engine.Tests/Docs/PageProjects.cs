using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>The projects that a page shows file by file, compiled as they stand there against what this test is built of.</summary>
internal sealed partial class PageProjects
{
    /// <summary>What a page writes for the path to this repository.</summary>
    private const string Placeholder = "/path/to/OrleansWork/";

    // Of the SDK, without those that a project of the web gets besides: the page writes them out.
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly CSharpParseOptions Parse = new(LanguageVersion.CSharp14);
    private readonly Dictionary<string, string> _files;
    private readonly Dictionary<string, byte[]> _images = new(StringComparer.Ordinal);
    private readonly AssemblyLoadContext _context = new("page", isCollectible: false);

    /// <summary>Reads the files of a page.</summary>
    /// <param name="page">Its text: a fence with a path names a file.</param>
    /// <param name="more">Files that it says to take from elsewhere.</param>
    public PageProjects(string page, params IEnumerable<(string Path, string Text)> more) =>
        _files = File_()
            .Matches(page)
            .Select(match => (Path: match.Groups["path"].Value, Text: match.Groups["text"].Value))
            .Concat(more)
            .ToDictionary(file => file.Path, file => file.Text, StringComparer.Ordinal);

    /// <summary>Gets the names of the projects, in the order of the page.</summary>
    public IEnumerable<string> Names => _files.Keys.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Select(Folder);

    /// <summary>Compiles a project and those that it references, and loads it.</summary>
    public Assembly Load(string project)
    {
        foreach (string name in References(project))
            Load(name);
        if (_context.Assemblies.FirstOrDefault(known => known.GetName().Name == project) is { } loaded)
            return loaded;
        byte[] image = Compile(project);
        _images.Add(project, image);
        return _context.LoadFromStream(new MemoryStream(image));
    }

    /// <summary>Checks that what a project references is there, in the version that this repository has.</summary>
    public void CheckReferences(string project)
    {
        XElement file = ProjectFile(project);
        foreach (string path in ProjectReferences(file).Where(path => path.StartsWith(Placeholder, StringComparison.Ordinal)))
            Assert.True(File.Exists(Path.Combine(Pages.Root, path[Placeholder.Length..])), $"{project} references {path}.");
        XElement central = XElement.Parse(Pages.Read("Directory.Packages.props"));
        string orleans = central.Descendants("OrleansVersion").Single().Value;
        foreach (XElement package in file.Descendants("PackageReference"))
        {
            string name = package.Attribute("Include")!.Value;
            string version = central
                .Descendants("PackageVersion")
                .Single(known => known.Attribute("Include")!.Value == name)
                .Attribute("Version")!
                .Value;
            Assert.Equal(version.Replace("$(OrleansVersion)", orleans, StringComparison.Ordinal), package.Attribute("Version")!.Value);
        }
    }

    private byte[] Compile(string project)
    {
        bool isProgram = ProjectFile(project).Descendants("OutputType").Any() || IsOfTheWeb(project);
        IEnumerable<SyntaxTree> sources = _files
            .Where(file => Folder(file.Key) == project && file.Key.EndsWith(".cs", StringComparison.Ordinal))
            .Select(file => CSharpSyntaxTree.ParseText(file.Value, Parse, file.Key))
            .Prepend(CSharpSyntaxTree.ParseText(ImplicitUsings, Parse));

        // This test has types of its own with the page's names.
        string self = typeof(PageProjects).Assembly.Location;
        IEnumerable<MetadataReference> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => path != self)
            .Select(path => MetadataReference.CreateFromFile(path));
        CSharpCompilation compilation = CSharpCompilation.Create(
            project,
            sources,
            [.. platform, .. _images.Values.Select(image => MetadataReference.CreateFromImage(image))],
            new CSharpCompilationOptions(
                isProgram && project != TestProject ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                warningLevel: 4
            )
        );
        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image);

        // Unused usings are hidden; what is left a reader would see.
        Diagnostic[] seen = [.. result.Diagnostics.Where(said => said.Severity >= DiagnosticSeverity.Warning)];
        Assert.True(seen.Length == 0, $"{project}: {string.Join(Environment.NewLine, seen.Take(10))}");
        return image.ToArray();
    }

    // Its entry point is made by its test framework.
    private string? TestProject =>
        Names.FirstOrDefault(name =>
            ProjectFile(name)
                .Descendants("PackageReference")
                .Any(p => p.Attribute("Include")!.Value.StartsWith("xunit", StringComparison.Ordinal))
        );

    private bool IsOfTheWeb(string project) => ProjectFile(project).Attribute("Sdk")!.Value == "Microsoft.NET.Sdk.Web";

    private XElement ProjectFile(string project) => XElement.Parse(_files[$"{project}/{project}.csproj"]);

    private IEnumerable<string> References(string project) =>
        ProjectReferences(ProjectFile(project))
            .Where(path => path.StartsWith("../", StringComparison.Ordinal))
            .Select(path => Path.GetFileNameWithoutExtension(path));

    private static IEnumerable<string> ProjectReferences(XElement file) =>
        file.Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value);

    private static string Folder(string path) => path.Split('/')[0];

    [GeneratedRegex("```(xml|csharp) (?<path>\\S+)\\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex File_();
}
