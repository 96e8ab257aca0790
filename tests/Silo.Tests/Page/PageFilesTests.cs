using System.Text;
using System.Text.RegularExpressions;
using OrleansWork.Silo.Page;

namespace OrleansWork.Silo.Tests.Page;

/// <summary>What the page is made of.</summary>
public sealed partial class PageFilesTests
{
    private static readonly PageFiles s_files = new(typeof(PageFiles).Assembly);

    [Fact]
    public void Modules_ImportWhatIsThere()
    {
        int imports = 0;
        foreach (string name in s_files.Names.Where(name => name.EndsWith("js", StringComparison.Ordinal)))
        {
            foreach (Match import in Import().Matches(TextOf(name)))
            {
                string target = new Uri(new Uri($"http://page/{name}"), import.Groups["path"].Value).AbsolutePath.TrimStart('/');
                Assert.True(s_files.Find(target) is not null, $"{name} imports {target}");
                imports++;
            }
        }

        Assert.True(imports > 50, $"{imports} imports");
    }

    [Fact]
    public void Files_WeighLittle_AndKeepTheirLicences()
    {
        // What travels: packed, and without what a browser never asks for.
        int bytes = s_files
            .Names.Where(name => !name.Contains("LICENSE", StringComparison.Ordinal) && !name.EndsWith(".md", StringComparison.Ordinal))
            .Select(name => s_files.Find(name)!)
            .Sum(file => file.Packed?.Length ?? file.Content.Length);
        Assert.InRange(bytes, 50_000, 250 << 10);
        Assert.All(
            (string[])
                ["vendor/LICENSE-preact.txt", "vendor/LICENSE-htm.txt", "fonts/LICENSE-inter.txt", "fonts/LICENSE-jetbrains-mono.txt"],
            name => Assert.NotNull(s_files.Find(name))
        );
    }

    [Fact]
    public void Files_AskNoOtherHost_AndHaveNothingInline()
    {
        foreach (string name in s_files.Names.Where(name => Path.GetExtension(name) is ".html" or ".css" or ".js"))
        {
            string text = TextOf(name).Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.DoesNotMatch(OtherHost(), text);
        }

        string index = TextOf(PageFiles.Index);
        Assert.DoesNotContain("style=", index, StringComparison.Ordinal);
        Assert.DoesNotMatch(InlineScript(), index);
    }

    private static string TextOf(string name) => Encoding.UTF8.GetString(s_files.Find(name)!.Content);

    [GeneratedRegex("""(from|import)\s*\(?["'](?<path>\.[^"']+)["']""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Import();

    [GeneratedRegex(
        """(src|href|url\(|fetch\(|import)\s*[=(]?\s*["'(]?(https?:)?//[a-z]""",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
        1000
    )]
    private static partial Regex OtherHost();

    [GeneratedRegex("<script[^>]*>[^<]", RegexOptions.None, 1000)]
    private static partial Regex InlineScript();
}
