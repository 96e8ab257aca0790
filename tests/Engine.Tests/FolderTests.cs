using System.Text.RegularExpressions;
using Xunit;

namespace OrleansWork.Engine.Tests;

/// <summary>Who uses whom among the folders of a project, which the compiler does not say.</summary>
public sealed partial class FolderTests
{
    [Theory]
    [InlineData("grains/Engine", "OrleansWork.Engine")]
    [InlineData("grains/Scheduling", "OrleansWork.Scheduling")]
    [InlineData("silo", "OrleansWork.Silo")]
    [InlineData("client", "OrleansWork.Console")]
    public void Folders_OfAProject_DoNotUseEachOther(string project, string root) =>
        Assert.Empty(MutualUses(root, Sources(Path.Combine(Repository(), project))));

    [Fact]
    public void Folders_WithAPlantedUse_AreFound()
    {
        (string, string)[] sources =
        [
            ("One", "using OrleansWork.Engine.Two;\nnamespace OrleansWork.Engine.One;"),
            ("Two", "namespace OrleansWork.Engine.Two; class Planted(OrleansWork.Engine.One.Thing thing);"),
            ("Two", "// using OrleansWork.Engine.Three;"),
            ("Three", "using OrleansWork.Engine.Two;"),
        ];
        Assert.Equal(["One and Two"], MutualUses("OrleansWork.Engine", sources));
    }

    private static IEnumerable<string> MutualUses(string root, IEnumerable<(string Folder, string Text)> sources)
    {
        HashSet<(string User, string Used)> uses = [];
        foreach ((string folder, string text) in sources)
        {
            foreach (
                Match use in Regex.Matches(
                    Comment().Replace(text, ""),
                    $@"\b{Regex.Escape(root)}\.(?<folder>[A-Z]\w*)",
                    RegexOptions.ExplicitCapture,
                    TimeSpan.FromSeconds(5)
                )
            )
                uses.Add((folder, use.Groups["folder"].Value));
        }

        return
        [
            .. uses.Where(use => string.CompareOrdinal(use.User, use.Used) < 0 && uses.Contains((use.Used, use.User)))
                .Select(use => $"{use.User} and {use.Used}"),
        ];
    }

    private static IEnumerable<(string Folder, string Text)> Sources(string project) =>
        Directory
            .EnumerateDirectories(project)
            .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .SelectMany(folder =>
                Directory
                    .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                    .Select(file => (Path.GetFileName(folder), File.ReadAllText(file)))
            );

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "OrleansWork.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    [GeneratedRegex("//.*", RegexOptions.None, 5_000)]
    private static partial Regex Comment();
}
