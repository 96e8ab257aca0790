using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using OrleansWork.Testing;

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
        string[] pieces =
        [
            "a",
            "B",
            "é",
            "ß",
            "Σ",
            "ς",
            "日",
            "𝒜",
            "\U0001F600",
            "7",
            "٣",
            " ",
            "-",
            "\n",
            "'",
            "\u0301",
            "\u0E31",
            "\u200D",
        ];
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

    [Theory]
    [InlineData("nai\u0308ve na\u00EFve NAI\u0308VE", "na\u00EFve:3")]
    [InlineData("\u0939\u093F\u0928\u094D\u0926\u0940 \u0939\u093F\u0928\u094D\u0926\u0940", "\u0939\u093F\u0928\u094D\u0926\u0940:2")] // Hindi: vowel signs and a virama
    [InlineData(
        "\u0E20\u0E32\u0E29\u0E32\u0E44\u0E17\u0E22 \u0E17\u0E35\u0E48",
        "\u0E17\u0E35\u0E48:1 \u0E20\u0E32\u0E29\u0E32\u0E44\u0E17\u0E22:1"
    )] // Thai
    [InlineData("\u05E9\u05B8\u05DC\u05D5\u05B9\u05DD", "\u05E9\u05B8\u05DC\u05D5\u05B9\u05DD:1")] // Hebrew with points
    [InlineData("\u1112\u1161\u11AB \uD55C", "\uD55C:2")] // Korean, of letters and as a syllable
    [InlineData("q\u0323\u0307 q\u0307\u0323", "q\u0323\u0307:2")] // marks in either order
    [InlineData("\u1EC7 e\u0323\u0302 \u1EB9\u0302 E\u0302\u0323", "\u1EC7:4")] // Vietnamese
    [InlineData("\u212Bngstr\u00F6m \u00E5ngstro\u0308m", "\u00E5ngstr\u00F6m:2")] // the unit's sign
    [InlineData("\u03B1\u0345 \u1FB3 \u1FBC", "\u1FB3:3")] // a mark whose upper case is a letter
    [InlineData(
        "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645 a\u200C \u200Cb",
        "a:1 b:1 \u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645:1"
    )] // Persian: a non-joiner inside
    [InlineData("\u0301a -\u0301- \u20DDb c\u20DD", "a:1 b:1 c\u20DD:1")] // marks without a letter are none
    public async Task Run_Marks_BelongToTheLetterBeforeThem(string text, string expected)
    {
        string file = Path.Combine(_folder, "marks.txt");
        await File.WriteAllTextAsync(file, text, Token);
        for (int block = 1; block <= 7; block++)
        {
            WordCount.Result result = await LocalRunner.RunAsync(
                new WordCount(),
                new WordCount.Input([file], Block: block),
                cancellationToken: Token
            );
            Assert.Equal(expected, string.Join(' ', result.Words.Select(word => $"{word.Word}:{word.Count}")));
        }
    }

    [Fact]
    public async Task Run_MinLength_CountsLettersHoweverTheyAreComposed()
    {
        string file = Path.Combine(_folder, "short.txt");
        await File.WriteAllTextAsync(file, "e\u0301 \u1112\u1161\u11AB \u0E17\u0E35\u0E48 ab", Token);
        WordCount.Result result = await LocalRunner.RunAsync(
            new WordCount(),
            new WordCount.Input([file], MinLength: 2),
            cancellationToken: Token
        );
        Assert.Equal(["ab"], result.Words.Select(word => word.Word));
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

    [Fact]
    public async Task Run_FileOfTheKernelThatTellsNoLength_IsNoEmptyFile()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        PermanentFailureException refused = await Assert.ThrowsAsync<PermanentFailureException>(async () =>
            await new WordCount().Items(new WordCount.Input(["/proc/self/status"]), Token).ToListAsync(Token)
        );
        Assert.Contains("/proc/self/status does not tell how long it is", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_PipeSocketAndDeviceByName_AreRefusedThroughLinksToo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Makes pipes, and looks for devices under /dev.");
        string pipe = Path.Combine(_folder, "pipe");
        MakePipe(pipe);
        string socket = Path.Combine(_folder, "socket");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        string toPipe = File.CreateSymbolicLink(Path.Combine(_folder, "to-pipe"), pipe).FullName;
        string toZero = File.CreateSymbolicLink(Path.Combine(_folder, "to-zero"), "/dev/zero").FullName;
        foreach (
            (string path, string kind) in (IEnumerable<(string, string)>)
                [(pipe, "a pipe"), (toPipe, "a pipe"), (socket, "a socket"), ("/dev/zero", "a device"), (toZero, "a device")]
        )
        {
            RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() =>
                LocalRunner.RunAsync(new WordCount(), new WordCount.Input([path]), cancellationToken: Token)
            );
            Assert.Equal(ErrorReason.WrongInput, refused.Reason);
            Assert.Contains($"{path} is {kind}", refused.Message, StringComparison.Ordinal);

            // What became one after that, and after the files were listed.
            await Assert.ThrowsAsync<PermanentFailureException>(async () =>
                await new WordCount().Items(new WordCount.Input([path]), Token).ToListAsync(Token)
            );
            PermanentFailureException late = Assert.Throws<PermanentFailureException>(() =>
                new WordCount().RunItem(new WordCount.Input([path]), new WordCount.Part(path, 0, 10), new UnitRunner().At(0))
            );
            Assert.Contains(kind, late.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Run_PipesBelowAFolder_AreLeftOutAndSaid()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Makes pipes.");
        MakePipe(Path.Combine(_folder, "pipe"));
        File.CreateSymbolicLink(Path.Combine(_folder, "zero"), "/dev/zero");
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.txt"), "one two", Token);
        foreach (string path in (string[])[_folder, Path.Combine(_folder, "*")])
        {
            WordCount.Result result = await LocalRunner.RunAsync(new WordCount(), new WordCount.Input([path]), cancellationToken: Token);
            Assert.Equal((2L, 1L), (result.Total, result.Files));
            Assert.Equal(
                [$"{Path.Combine(_folder, "pipe")}: a pipe", $"{Path.Combine(_folder, "zero")}: a device"],
                result.LeftOut!.Order(StringComparer.Ordinal)
            );
        }

        WordCount.Result alone = await LocalRunner.RunAsync(
            new WordCount(),
            new WordCount.Input([Path.Combine(_folder, "a.txt")]),
            cancellationToken: Token
        );
        Assert.DoesNotContain("leftOut", JsonSerializer.Serialize(alone, OrleansWorkJson.Payloads), StringComparison.Ordinal);
    }

    private static void MakePipe(string path)
    {
        using Process made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }

    private static (string Word, long Count)[] Count(string text) =>
        [
            .. Words()
                .Matches(text)
                .GroupBy(word => Composed(word.Value.TrimEnd('\u200D').ToUpperInvariant().ToLowerInvariant()), StringComparer.Ordinal)
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

    /// <summary>Composes what the texts here have that can be composed.</summary>
    private static string Composed(string word) => word.Replace("a\u0301", "\u00E1", StringComparison.Ordinal);

    // \p{L} sees single UTF-16 units: what lies above them, of the letters used here, is named by its pairs.
    [GeneratedRegex(@"(?:[\p{L}\p{Nd}]|\uD835[\uDC00-\uDFFF])(?:[\p{L}\p{Nd}\p{M}\u200D]|\uD835[\uDC00-\uDFFF])*")]
    private static partial Regex Words();
}
