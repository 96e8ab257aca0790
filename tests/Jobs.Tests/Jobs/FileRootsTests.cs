using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

/// <summary>Nothing outside of the roots is read, whatever a path looks like.</summary>
[Collection(FileRootsTests.ProcessWide)]
public sealed class FileRootsTests : IDisposable
{
    /// <summary>Roots are one set for a process: tests that read files take turns.</summary>
    public const string ProcessWide = "file roots";

    private const string Hidden = "hidden";
    private readonly string _folder = Directory.CreateTempSubdirectory("file-roots-").FullName;

    public FileRootsTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        foreach (string file in (string[])["root/in.txt", "root/sub/in.txt", "rootless/out.txt", "out/out.txt", "root/%2e%2e/in.txt"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            File.WriteAllText(At(file), file.Contains("out", StringComparison.Ordinal) ? Hidden : "seen");
        }

        Link("root/file-link", "../out/out.txt");
        Link("root/absolute-link", At("out/out.txt"));
        Link("root/folder-link", "../out");
        Link("root/up", "..");
        Link("root/chain", "chain-2");
        Link("root/chain-2", "sub/chain-3");
        Link("root/sub/chain-3", "../../out/out.txt");
        Link("root/circle", "circle-2");
        Link("root/circle-2", "circle");
        Link("root/dangling", "../out/not-yet.txt");
        Link("root/inside", "sub/in.txt");
        Link("root/sub/back", "../in.txt");
        Link("linked-root", "root");
        FileRoots.Allow([At("root")]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        FileRoots.AllowAll();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("root/../out/out.txt")]
    [InlineData("root/sub/../../out/out.txt")]
    [InlineData("root/./.././out/out.txt")]
    [InlineData("root//..//out//out.txt")]
    [InlineData("out/out.txt")]
    [InlineData("rootless/out.txt")]
    [InlineData("out")]
    [InlineData("")]
    [InlineData("**")]
    [InlineData("*/out.txt")]
    [InlineData("root*/*")]
    [InlineData("root/file-link")]
    [InlineData("root/absolute-link")]
    [InlineData("root/folder-link")]
    [InlineData("root/folder-link/out.txt")]
    [InlineData("root/folder-link/*")]
    [InlineData("root/up/out/out.txt")]
    [InlineData("root/up/root/up/out/out.txt")]
    [InlineData("root/chain")]
    [InlineData("root/circle")]
    [InlineData("root/dangling")]
    [InlineData("root/in.txt\0.jpg")]
    [InlineData("root/../../../../../../../../../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/self/root/etc/passwd")]
    [InlineData("/proc/self/environ")]
    [InlineData("/dev/stdin")]
    public void Validate_PathThatIsOrLeadsOutside_IsAProblemOfPathsThatNamesTheRoots(string path)
    {
        InputProblem problem = Assert.Single(new WordCount().Validate(new WordCount.Input([At(path)])));
        Assert.Equal("paths", problem.Field);
        if (!path.Contains('\0', StringComparison.Ordinal) && !path.Contains("circle", StringComparison.Ordinal))
            Assert.Contains(At("root"), problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("root/in.txt")]
    [InlineData("root/sub/../in.txt")]
    [InlineData("root/inside")]
    [InlineData("root/sub/back")]
    [InlineData("root/sub/*.txt")]
    [InlineData("root/%2e%2e/in.txt")]
    [InlineData("root/folder-link/../in.txt")]
    [InlineData("linked-root/in.txt")]
    [InlineData("root/up/root/in.txt")]
    public async Task Run_PathThatIsInside_IsRead(string path)
    {
        WordCount.Result result = await LocalRunner.RunAsync(new WordCount(), new WordCount.Input([At(path)]), cancellationToken: Token);
        Assert.Equal([new WordCount.Frequency("seen", 1)], result.Words);
    }

    [Theory]
    [InlineData("root/*-link")]
    [InlineData("root/f*-link/out.txt")]
    [InlineData("root/*/out.txt")]
    [InlineData("root/c*n")]
    [InlineData("root/u?/out/out.txt")]
    public async Task Run_PatternThatFindsALinkOutwards_FailsAndNamesTheRoots(string pattern)
    {
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() =>
            LocalRunner.RunAsync(new WordCount(), new WordCount.Input([At(pattern)]), cancellationToken: Token)
        );
        Assert.Contains(At("root"), failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunItem_FileExchangedForALinkAfterItWasListed_IsNotRead()
    {
        List<WordCount.Part> parts = [];
        WordCount kind = new();
        WordCount.Input input = new([At("root/in.txt")]);
        await foreach (WordCount.Part part in kind.Items(input, Token))
            parts.Add(part);
        File.Delete(At("root/in.txt"));
        Link("root/in.txt", "../out/out.txt");
        PermanentFailureException refusal = Assert.Throws<PermanentFailureException>(() =>
            kind.RunItem(input, parts[0], new UnitRunner(cancellationToken: Token).At(0))
        );
        Assert.Contains("outside", refusal.Message, StringComparison.Ordinal);

        // A folder on the way is as good as the file.
        parts.Clear();
        await foreach (WordCount.Part part in kind.Items(new([At("root/sub/in.txt")]), Token))
            parts.Add(part);
        Directory.Delete(At("root/sub"), recursive: true);
        File.Move(At("out/out.txt"), At("out/in.txt"));
        Link("root/sub", "../out");
        Assert.Throws<PermanentFailureException>(() => kind.RunItem(input, parts[0], new UnitRunner(cancellationToken: Token).At(0)));
    }

    [Fact]
    public void Validate_NoRoots_IsRefusedAndSaysWhichSetting()
    {
        FileRoots.Allow([]);
        InputProblem problem = Assert.Single(new WordCount().Validate(new WordCount.Input([At("root/in.txt")])));
        Assert.Contains("FileRoots", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_RootOfTheFileSystem_LetsEverythingThrough()
    {
        FileRoots.Allow(["/"]);
        Assert.Empty(new WordCount().Validate(new WordCount.Input([At("out/out.txt"), At("root/file-link"), "/etc/hostname"])));
    }

    [Fact]
    public void Validate_LongName_IsNoCrash() =>
        Assert.Empty(new WordCount().Validate(new WordCount.Input([At("root/" + new string('x', 5000))])));

    [Fact]
    public void Validate_PathsOfAnyParts_AreRefusedOrStayInside()
    {
        string[] parts =
        [
            "root",
            "sub",
            "..",
            ".",
            "out",
            "up",
            "folder-link",
            "file-link",
            "in.txt",
            "out.txt",
            "inside",
            "chain",
            "%2e%2e",
            "*",
        ];
        Gen.Int[0, parts.Length - 1]
            .Select(part => parts[part])
            .Array[1, 8]
            .Sample(
                chosen =>
                {
                    string path = Path.Combine([_folder, "root", .. chosen]);
                    if (new WordCount().Validate(new WordCount.Input([path])).Any() || path.Contains('*', StringComparison.Ordinal))
                        return;
                    try
                    {
                        Assert.Equal("seen", File.ReadAllText(Path.GetFullPath(path)));
                    }
                    catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                    {
                        // A folder, or nothing.
                    }
                },
                iter: 2000,
                threads: 1
            );
    }

    private string At(string path) => Path.Combine(_folder, path);

    private void Link(string at, string target) => File.CreateSymbolicLink(At(at), target);
}
