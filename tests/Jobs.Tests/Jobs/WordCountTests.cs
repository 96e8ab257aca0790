using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace OrleansWork.Jobs.Tests.Jobs;

[Collection(FileRootsTests.ProcessWide)]
public sealed partial class WordCountTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wordcount-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_CutAnywhere_CountsAsOnePiece()
    {
        string[] pieces = ["a", "B", "é", "ß", "Σ", "ς", "日", "𝒜", "\U0001F600", "7", "٣", " ", "-", "\n", "'", "\u0301"];
        Gen<string> text = Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 60].Select(chosen => string.Concat(chosen));
        await Gen.Select(text, Gen.Int[1, 12])
            .SampleAsync(
                async (content, block) =>
                {
                    string file = Path.Combine(_folder, $"{Guid.NewGuid():N}.txt");
                    await File.WriteAllTextAsync(file, content, Token);
                    WordCount.Result result = await LocalRunner.RunAsync(
                        new WordCount(),
                        new WordCount.Input([file], Top: 1000, Block: block),
                        cancellationToken: Token
                    );
                    (string, long)[] expected = Count(content);
                    Assert.Equal(expected, result.Words.Select(word => (word.Word, word.Count)));
                    Assert.Equal(
                        (expected.Length, expected.Sum(word => word.Item2), 1, Encoding.UTF8.GetByteCount(content)),
                        (result.Distinct, result.Total, result.Files, result.Bytes)
                    );
                    File.Delete(file);
                },
                iter: 150,
                threads: 1
            );
    }

    [Fact]
    public async Task Run_BytesThatAreNoText_SeparateWords()
    {
        string file = Path.Combine(_folder, "bytes");
        await File.WriteAllBytesAsync(file, [0x61, 0xFF, 0x62, 0xC3, 0x63, 0x80, 0x80, 0x80, 0x80, 0x80, 0x61, 0xE2, 0x82], Token);
        for (int block = 1; block <= 13; block++)
        {
            WordCount.Result result = await LocalRunner.RunAsync(
                new WordCount(),
                new WordCount.Input([file], Block: block),
                cancellationToken: Token
            );
            Assert.Equal([("a", 2L), ("b", 1L), ("c", 1L)], result.Words.Select(word => (word.Word, word.Count)));
        }
    }

    [Fact]
    public async Task Run_ProjectsTextAndLicences_AgreesWithACountByOtherMeans()
    {
        string root = Root();
        List<string> paths = [Path.Combine(root, "docs"), Path.Combine(root, "grains", "**", "*.cs"), Path.Combine(root, "*.md")];
        if (Directory.Exists("/usr/share/common-licenses"))
            paths.Add("/usr/share/common-licenses");
        WordCount.Result result = await LocalRunner.RunAsync(
            new WordCount(),
            new WordCount.Input(paths, Top: 50, MinLength: 2, Block: 10_007),
            cancellationToken: Token
        );

        string[] files =
        [
            .. Directory.EnumerateFiles(Path.Combine(root, "docs"), "*", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(Path.Combine(root, "grains"), "*.cs", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(root, "*.md"),
            .. Directory.Exists("/usr/share/common-licenses") ? Directory.EnumerateFiles("/usr/share/common-licenses") : [],
        ];
        // Blanks keep the last word of one file from the first of the next.
        (string Word, long Count)[] expected =
        [
            .. Count(string.Join(' ', files.Select(file => File.ReadAllText(file)))).Where(word => word.Word.EnumerateRunes().Count() >= 2),
        ];
        Assert.Equal(expected.Take(50), result.Words.Select(word => (word.Word, word.Count)));
        Assert.Equal((expected.Length, expected.Sum(word => word.Count)), (result.Distinct, result.Total));
        Assert.Equal((files.Length, files.Sum(file => File.ReadAllBytes(file).LongLength)), (result.Files, result.Bytes));
        Assert.True(result.Total > 10_000);
    }

    [Fact]
    public async Task Run_SmallBlocks_PassesTheChecks()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.txt"), "One two TWO three Three three.", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder, "b.txt"), "", Token);
        await JobKindChecks.VerifyAsync(new WordCount(), new WordCount.Input([_folder], Block: 5), cancellationToken: Token);
    }

    [Theory]
    [InlineData("*.txt", "a.txt")]
    [InlineData("**/*.txt", "a.txt x/b.txt x/y/c.txt")]
    [InlineData("x", "x/b.txt x/y/c.txt")]
    [InlineData("x/?.txt", "x/b.txt")]
    [InlineData("x/**", "x/b.txt x/y/c.txt")]
    [InlineData("*/y/*", "x/y/c.txt")]
    [InlineData(".*/*", ".hidden/d.txt")]
    public async Task Items_Patterns_NameTheFilesThatAShellWould(string pattern, string expected)
    {
        foreach (string file in (string[])["a.txt", "x/b.txt", "x/y/c.txt", ".hidden/d.txt", "x/.e.txt"])
        {
            string path = Path.Combine(_folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "x", Token);
        }

        List<string> found = [];
        await foreach (WordCount.Part part in new WordCount().Items(new WordCount.Input([Path.Combine(_folder, pattern)]), Token))
            found.Add(Path.GetRelativePath(_folder, part.Path));
        Assert.Equal(expected.Split(' '), found);
    }

    [Fact]
    public async Task Run_NoSuchFile_FailsAndNamesIt()
    {
        foreach (string path in (string[])["missing.txt", "*.missing"])
        {
            JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
                LocalRunner.RunAsync(new WordCount(), new WordCount.Input([Path.Combine(_folder, path)]), cancellationToken: Token)
            );
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        }
    }

    private static (string Word, long Count)[] Count(string text) =>
        [
            .. Words()
                .Matches(text)
                .GroupBy(word => word.Value.ToUpperInvariant().ToLowerInvariant(), StringComparer.Ordinal)
                .Select(group => (group.Key, (long)group.Count()))
                .OrderByDescending(word => word.Item2)
                .ThenBy(word => word.Key, StringComparer.Ordinal),
        ];

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWork.sln")))
            folder = folder.Parent;
        return folder!.FullName;
    }

    // \p{L} sees single UTF-16 units: what lies above them, of the letters used here, is named by its pairs.
    [GeneratedRegex(@"(?:[\p{L}\p{Nd}]|\uD835[\uDC00-\uDFFF])+")]
    private static partial Regex Words();
}
