using System.Text.RegularExpressions;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>The repository's pages and sources, as text.</summary>
internal static partial class Pages
{
    public static string Root { get; } = FindRoot();

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    /// <summary>Lists the examples of a page in one language, those with a file's name left out.</summary>
    public static IReadOnlyList<string> Examples(string page, string language) =>
        [.. Example().Matches(page).Where(match => match.Groups["language"].Value == language).Select(match => match.Groups["code"].Value)];

    /// <summary>Reads all C# sources below some folders.</summary>
    public static IReadOnlyList<(string File, string Text)> Sources(params string[] folders) =>
        [
            .. folders
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
                .Select(file => (Path.GetRelativePath(Root, file), File.ReadAllText(file))),
        ];

    /// <summary>Makes any white space a single blank: where lines are broken is the formatter's matter.</summary>
    public static string Squeeze(string text) => Space().Replace(text, " ").Trim();

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWork.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("No folder above the tests has OrleansWork.sln.");
    }

    [GeneratedRegex("```(?<language>\\w+)\\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Example();

    [GeneratedRegex("\\s+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Space();
}
