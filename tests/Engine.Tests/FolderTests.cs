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
            ("Four", "class Planted { string link = \"http://x\"; OrleansWork.Engine.Five.Thing thing; }"),
            ("Five", "namespace OrleansWork.Engine.Five; class Planted(Four.Thing thing);"),
        ];
        Assert.Equal(["Five and Four", "One and Two"], MutualUses("OrleansWork.Engine", sources).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> MutualUses(string root, IEnumerable<(string Folder, string Text)> sources)
    {
        HashSet<(string User, string Used)> uses = [];
        (string Folder, string Text)[] all = [.. sources];
        // A type of a folder's name is meant where there is one.
        string folders = string.Join(
            '|',
            all.Select(source => source.Folder)
                .Distinct(StringComparer.Ordinal)
                .Where(name => !all.Any(source => source.Text.Contains($" enum {name}\n", StringComparison.Ordinal)))
                .Select(Regex.Escape)
                .DefaultIfEmpty("none")
        );
        foreach ((string folder, string text) in all)
        {
            // By the full name, or by that of the folder alone, which is enough for its neighbours.
            foreach (
                Match use in Regex.Matches(
                    Comment().Replace(Literal().Replace(text, ""), ""),
                    $@"(\b{Regex.Escape(root)}\.(?<folder>[A-Z]\w*))|((?<![\w.])(?<folder>{folders})\.[A-Z]\w*)",
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

    [GeneratedRegex("\"[^\"\n]*\"", RegexOptions.None, 5_000)]
    private static partial Regex Literal();

    [GeneratedRegex("//.*", RegexOptions.None, 5_000)]
    private static partial Regex Comment();
}
