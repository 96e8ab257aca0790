using OrleansWork.Jobs.Processes;
using OrleansWork.Testing;

namespace OrleansWork.Jobs.Tests.Jobs;

/// <summary>The switch that allows the kind is one for the whole process: these tests own it.</summary>
public sealed class ExecTests : IDisposable
{
    public ExecTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The commands are those of a POSIX shell.");
        AppContext.SetSwitch(Exec.AllowExecSwitch, true);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => AppContext.SetSwitch(Exec.AllowExecSwitch, false);

    [Fact]
    public async Task Run_ManyItems_GivesEachOutputInOrder()
    {
        string[] items = [.. Enumerable.Range(0, 40).Select(i => $"item {i}")];
        IReadOnlyList<UnitResult<Exec.Output>> results = await RunAsync(
            """sh -c 'echo "$1"; echo "no. $2" >&2; exit $(( $2 % 3 ))' sh {} {n}""",
            items
        );
        Assert.Equal(
            items.Select((item, i) => new Exec.Output(item, i % 3, $"{item}\n", $"no. {i}\n")),
            results.Select(result => result.Value)
        );
    }

    [Fact]
    public async Task Run_NoPlaceForTheItem_ItIsTheLastWord() =>
        Assert.Equal("a b {} {n}\n", (await RunAsync("echo a", ["b {} {n}"]))[0].Value!.Stdout);

    [Fact]
    public async Task Run_ItemWithShellsCharacters_IsOneWord() =>
        Assert.Equal("$(id) ; 'x' \"y\"", (await RunAsync("printf %s {}", ["$(id) ; 'x' \"y\""]))[0].Value!.Stdout);

    [Fact]
    public async Task Run_LongOutput_IsCutAndMarked()
    {
        Exec.Output output = (await RunAsync("sh -c 'head -c 5000000 /dev/zero | tr \"\\\\0\" x; echo done >&2'", ["a"]))[0].Value!;
        Assert.Equal(
            (Exec.MaxOutputBytes, true, "done\n", false),
            (output.Stdout.Length, output.StdoutCut, output.Stderr, output.StderrCut)
        );
    }

    [Fact]
    public async Task Run_NoSuchCommand_SaysSo() => Assert.Equal(127, (await RunAsync("/no/such/command {}", ["a"]))[0].Value!.ExitCode);

    [Fact]
    public async Task Run_OwnFolder_IsRemovedAndTheSilosSettingsAreHidden()
    {
        Environment.SetEnvironmentVariable("OrleansWork__Redis", "secret");
        try
        {
            string stdout = (
                await RunAsync(
                    "sh -c 'touch left; pwd; echo $TMPDIR; echo [$OrleansWork__Redis] $ORLEANSWORK_ITEM $ORLEANSWORK_UNIT'",
                    ["it"]
                )
            )[0]
                .Value!
                .Stdout;
            string[] lines = stdout.Split('\n');
            Assert.Equal(lines[0], lines[1]);
            Assert.Equal("[] it 0", lines[2]);
            Assert.False(Directory.Exists(lines[0]));
        }
        finally
        {
            Environment.SetEnvironmentVariable("OrleansWork__Redis", null);
        }
    }

    [Theory]
    [InlineData("sleep {}")]
    [InlineData("sh -c 'sleep {} & sleep {}'")]
    [InlineData("sh -c '(setsid sleep {} &) ; sleep {}'")]
    [InlineData("sh -c '(sleep {} &) ; (trap \"\" TERM INT HUP; sleep {}) ; sleep {}'")]
    public async Task Run_HangsPastItsTime_IsKilledWithItsChildren(string command)
    {
        string marker = Marker();
        JobOptions options = new() { UnitTimeout = TimeSpan.FromSeconds(1), MaxAttempts = 1 };
        JobFailedException failure = await Assert.ThrowsAsync<JobFailedException>(() => RunAsync(command, [marker], options));
        Assert.Contains("longer than 1s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Processes(marker));
    }

    [Fact]
    public async Task Run_LongerThanItemTimeout_IsKilledWithItsChildrenAndSaysSo()
    {
        string marker = Marker();
        IReadOnlyList<UnitResult<Exec.Output>> results = await LocalRunner.RunAsync(
            new Exec(),
            new Exec.Input(
                "sh -c 'echo begun; [ {n} = 1 ] && { sleep {} & sleep {}; }; true'",
                ["0", marker, "0"],
                TimeSpan.FromSeconds(1)
            ),
            cancellationToken: Token
        );
        Assert.Equal(
            [(0, "begun\n", false), (Exec.TimedOutCode, "begun\n", true), (0, "begun\n", false)],
            results.Select(result => (result.Value!.ExitCode, result.Value.Stdout, result.Value.TimedOut))
        );
        Assert.Empty(Processes(marker));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(21 * 24 * 3600)]
    public void Validate_WrongItemTimeout_IsRefused(int seconds) =>
        Assert.Equal("itemTimeout", Assert.Single(new Exec().Validate(new Exec.Input("echo", ["a"], TimeSpan.FromSeconds(seconds)))).Field);

    [Fact]
    public async Task Run_LeavesAProcessBehind_IsOverAtOnceAndNothingIsLeft()
    {
        string marker = Marker();
        Exec.Output output = (await RunAsync("sh -c 'sleep {} & echo started'", [marker]))[0].Value!;
        Assert.Equal((0, "started\n"), (output.ExitCode, output.Stdout));
        Assert.Empty(Processes(marker));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("sh -c 'x", "not closed")]
    [InlineData("x \\", "backslash")]
    public void Validate_WrongCommand_IsRefused(string command, string message) =>
        Assert.Contains(message, Assert.Single(new Exec().Validate(new Exec.Input(command, ["a"]))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Run_NotAllowed_IsRefused()
    {
        AppContext.SetSwitch(Exec.AllowExecSwitch, false);
        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => RunAsync("echo {}", ["a"]));
        Assert.Contains("--allow-exec", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorReason.Refused, refused.Reason);
    }

    [Theory]
    [InlineData("a  b\tc", "a|b|c")]
    [InlineData("'a b' \"c d\" e\\ f", "a b|c d|e f")]
    [InlineData("a'b'\"c\"", "abc")]
    [InlineData("'' \"\"", "|")]
    [InlineData("\"a\\\"b\\n\" 'c\\d'", "a\"b\\n|c\\d")]
    public void Split_AsAShellDoes(string command, string words) => Assert.Equal(words.Split('|'), CommandLine.Split(command));

    private static Task<IReadOnlyList<UnitResult<Exec.Output>>> RunAsync(
        string command,
        IReadOnlyList<string> items,
        JobOptions? options = null
    ) => LocalRunner.RunAsync(new Exec(), new Exec.Input(command, items), options, cancellationToken: Token);

    /// <summary>A time to sleep that no other process on this machine has.</summary>
    private static string Marker() => $"600.{Random.Shared.NextInt64(1_000_000_000_000)}";

    private static string[] Processes(string marker) =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
                .Where(folder => CommandOf(folder).Contains(marker, StringComparison.Ordinal)),
        ];

    private static string CommandOf(string folder)
    {
        try
        {
            return File.ReadAllText($"{folder}/cmdline");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
