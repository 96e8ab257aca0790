using System.Runtime.CompilerServices;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

/// <summary>An output that takes no more: full, closed, or without a reader.</summary>
public sealed class OutputFailureTests
{
    /// <summary>Every command that prints, with a job j1 that has succeeded and j2 that runs.</summary>
    public static TheoryData<string> Printing =>
        [
            "run primes",
            "run primes --json",
            "run primes --detach",
            "run primes --detach --json",
            "run exec --command echo --items a",
            "run primes --help",
            "up --detach",
            "up --detach --json",
            "scale 2",
            "scale 2 --json",
            "jobs",
            "jobs --json",
            "show j1",
            "show j1 --json",
            "watch j1",
            "watch j1 --json",
            "result j1",
            "result j1 --json",
            "logs j1",
            "logs j1 --json",
            "logs j1 --follow --json",
            "cancel j2 --json",
            "pause j2 --json",
            "drain 127.0.0.1:1@1 --json",
            "kinds",
            "kinds --json",
            "kinds primes",
            "kinds primes --json",
            "silos",
            "silos --json",
            "completion bash",
            "reference",
            "--help",
            "run --help",
            "--version",
            "[suggest:1] r",
        ];

    [Theory]
    [MemberData(nameof(Printing))]
    public async Task Command_FullOutput_SaysSoInOneLineAndExitsWith7(string line)
    {
        using ConsoleRun run = Run(new FailingOutput(new IOException("No space left on device")));
        Assert.Equal(7, await run.RunAsync(line.Split(' ')));
        Assert.StartsWith(
            "error: The output could not be written: No space left on device.",
            run.ErrorLineOf("error:"),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Printing))]
    public async Task Command_OutputThatFillsUp_ExitsWith7(string line)
    {
        using ConsoleRun run = Run(new FailingOutput(new IOException("No space left on device"), takes: 1));
        Assert.Equal(7, await run.RunAsync(line.Split(' ')));
    }

    [Theory]
    [MemberData(nameof(Printing))]
    public async Task Command_ClosedOutput_ExitsWith7(string line)
    {
        using ConsoleRun run = Run(new FailingOutput(new UnauthorizedAccessException("Access to the path is denied.")));
        Assert.Equal(7, await run.RunAsync(line.Split(' ')));
    }

    [Theory]
    [InlineData("jobs", 0)]
    [InlineData("silos", 0)]
    [InlineData("show j1", 0)]
    [InlineData("watch j1 --json", 0)]
    [InlineData("logs j1", 0)]
    [InlineData("--help", 0)]
    [InlineData("completion bash", 0)]
    [InlineData("run exec --command echo --items a", 0)]
    [InlineData("run primes", 7)]
    [InlineData("run primes --json", 7)]
    [InlineData("result j1", 7)]
    [InlineData("jobs --json", 7)]
    [InlineData("show j1 --json", 7)]
    public async Task Command_ReaderThatIsGone_FailsOnlyWhereADocumentWasCut(string line, int expected)
    {
        using ConsoleRun run = Run(new FailingOutput(new IOException("Broken pipe")));
        Assert.Equal(expected, await run.RunAsync(line.Split(' ')));

        // Who has what they wanted is told only what they may want besides: where the job is.
        bool isTold = expected == 7 || line.StartsWith("run", StringComparison.Ordinal);
        Assert.Equal(isTold, run.Error.Contains("Nobody reads the output any more.", StringComparison.Ordinal));
        Assert.DoesNotContain("error:", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run pi", 7)]
    [InlineData("run pi --json", 7)]
    [InlineData("run exec --command echo --items a", 0)]
    [InlineData("watch j2 --json", 0)]
    [InlineData("watch j2", 0)]
    [InlineData("logs j2 --follow", 0)]
    public async Task Follow_ReaderGoneWhileNothingIsWritten_EndsAtOnceAndLeavesTheJob(string line, int expected)
    {
        bool isGone = false;
        using ConsoleRun run = Run(new MemoryStream(), () => Volatile.Read(ref isGone));
        run.Cluster.OnSubmit = job => job.Results = NeverAsync();
        FakeJob followed = run.Cluster.Add("j2");
        followed.FollowedLog = ForeverAsync;
        Task<int> running = run.RunAsync(line.Split(' '));
        Assert.False(running.IsCompleted);
        Volatile.Write(ref isGone, true);
        Assert.Equal(expected, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        bool isRun = line.StartsWith("run", StringComparison.Ordinal);
        Assert.Equal(isRun, run.Error.Contains("Nobody reads the output any more.", StringComparison.Ordinal));
        if (isRun)
            Assert.Contains($"orleanswork watch {Assert.Single(run.Cluster.Submitted).Id}", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, followed.Cancels);
        Assert.All(run.Cluster.Submitted, job => Assert.Equal(0, job.Cancels));

        static async IAsyncEnumerable<UnitResult> NeverAsync([EnumeratorCancellation] CancellationToken token = default)
        {
            await Task.Delay(Timeout.Infinite, token);
            yield break;
        }

        static async IAsyncEnumerable<UnitLogLine> ForeverAsync([EnumeratorCancellation] CancellationToken token)
        {
            await Task.Delay(Timeout.Infinite, token);
            yield break;
        }
    }

    [Fact]
    public async Task Run_OutFile_NeedsNoReaderOfTheOutput()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using ConsoleRun run = Run(new FailingOutput(new IOException("Broken pipe")), () => true);
        run.Cluster.OnSubmit = job => job.Succeed("42");
        try
        {
            Assert.Equal(0, await run.RunAsync("run", "primes", "--out", file));
            Assert.Equal("42", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Run_OutFileOnAFullDisk_SaysWhereTheResultIsAndExitsWith7()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full.");
        using ConsoleRun run = Run(new MemoryStream());
        Assert.Equal(7, await run.RunAsync("run", "primes", "--id", "j9", "--out", "/dev/full"));
        Assert.Equal(
            "error: /dev/full has only a part of the result: No space left on device. The result of job j9 is kept: orleanswork result j9 --out FILE",
            run.ErrorLineOf("error:")
        );
    }

    /// <summary>Files that cannot be, each with why not.</summary>
    public static TheoryData<string, string> WrongFiles =>
        new()
        {
            { "no-such-folder/x", "there is no folder " },
            { "", "it is a folder; name a file in it." },
            { "new/", "it is a folder; name a file in it." },
            { "file/x", "is a file." },
        };

    [Theory]
    [MemberData(nameof(WrongFiles))]
    public async Task Run_OutFileThatCannotBe_IsRefusedBeforeAnythingIsStartedOrAsked(string name, string why)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ow-out-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "file"), "", TestContext.Current.CancellationToken);
            string file = Path.Combine(folder.FullName, name);
            foreach (string line in (string[])["run primes", "run primes --local 1", "result j1"])
            {
                using ConsoleRun run = Run(new MemoryStream());
                Assert.Equal(2, await run.RunAsync([.. line.Split(' '), "--out", file]));
                Assert.StartsWith($"error: --out: the result cannot be written to {file}: ", run.ErrorLine, StringComparison.Ordinal);
                Assert.Contains(why, run.ErrorLine, StringComparison.Ordinal);
                Assert.Empty(run.Cluster.Connections);
                Assert.Empty(run.LocalClusters.Started);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("run primes --id j9", "The result of job j9 is kept: orleanswork result j9 --out FILE")]
    [InlineData("run primes --id j9 --local 1", "Job j9 and its result end with its throw-away cluster.")]
    [InlineData("result j1", "The result of job j1 is kept: orleanswork result j1 --out FILE")]
    public async Task OutFile_FolderGoneWhenTheResultIsThere_SaysWhatBecomesOfItAndExitsWith7(string line, string afterwards)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ow-out-");
        using ConsoleRun run = Run(new MemoryStream());
        run.Cluster.OnConnect = () => folder.Delete();
        Assert.Equal(7, await run.RunAsync([.. line.Split(' '), "--out", Path.Combine(folder.FullName, "x")]));
        Assert.EndsWith($": there is no folder {folder.FullName}. {afterwards}", run.ErrorLineOf("error:"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OutFile_IsNotTouchedBeforeThereIsAResult()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using ConsoleRun run = Run(new MemoryStream());
        run.Cluster.OnSubmit = job => job.Fail("bad digit");
        Assert.Equal(1, await run.RunAsync("run", "primes", "--out", file));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Up_ReaderThatIsGone_GoesOn()
    {
        using ConsoleRun run = Run(new FailingOutput(new IOException("Broken pipe")));
        Task<int> up = run.RunAsync("up");
        Assert.False(up.IsCompleted);
        run.Interrupts.Signal();
        Assert.Equal(130, await up.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void ErrorStream_ThatTakesNothing_IsNoError()
    {
        using StreamWriter error = new(new TolerantStream(new FailingOutput(new IOException("No space left on device"))))
        {
            AutoFlush = true,
        };
        Terminal terminal = new(new MemoryStream(), error, outIsTerminal: false, errorIsTerminal: false, color: false);
        terminal.Note("heard by nobody");
        terminal.Fail("nor this");
    }

    [Fact]
    public void Close_OutputThatFailsAtItsEnd_IsAFailure()
    {
        using StringWriter error = new();
        Terminal terminal = new(new FailingEnd(), error, outIsTerminal: false, errorIsTerminal: false, color: false);
        terminal.Print("taken, it seems");
        Assert.Equal(7, terminal.Close(0));
        Assert.Contains("No space left on device", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(4, terminal.Close(4));
    }

    private static ConsoleRun Run(Stream output, Func<bool>? readerIsGone = null)
    {
        ConsoleRun run = new(output: output, readerIsGone: readerIsGone);
        run.Cluster.OnSubmit = job =>
        {
            job.Results = new[] { new UnitResult(0, "1"u8.ToArray()), new UnitResult(1, "2"u8.ToArray()) }.ToAsyncEnumerable();
            job.Succeed("42");
        };
        FakeJob done = run.Cluster.Add("j1");
        done.Log.Add(new UnitLogLine(1, FakeJob.Start, "information", 7, 1, "s", "read", null));
        done.Log.Add(new UnitLogLine(2, FakeJob.Start, "information", 8, 1, "s", "read", null));
        done.Become(done.Current);
        done.Succeed("{\"words\":[]}");
        run.Cluster.Add("j2");
        run.Cluster.Jobs = new Page<JobSummary>(
            [new("j1", "primes", 1, JobState.Succeeded, new UnitCounts(10, 10, 0, 0), FakeJob.Start, FakeJob.Start, 1.5, null)],
            null
        );
        run.Cluster.Silos = [new SiloStatus("127.0.0.1:1@1", "active", 2, 0, 0, 0, 0, 0, 0, 0, new Dictionary<string, string>(), [])];
        return run;
    }

    private sealed class FailingOutput(Exception failure, int takes = 0) : MemoryStream
    {
        private long _taken;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _taken += buffer.Length;
            if (_taken > takes)
                throw failure;
        }
    }

    private sealed class FailingEnd : MemoryStream
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new OutputException(OutputException.Sentence("No space left on device"), readerIsGone: false);
        }
    }
}
