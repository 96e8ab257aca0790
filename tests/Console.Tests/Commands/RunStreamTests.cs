using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

/// <summary><c>run</c> of a map kind: its results come as lines while it runs.</summary>
public sealed class RunStreamTests : IDisposable
{
    private const int PipeBytes = 16 * 1024;
    private static readonly string[] Arguments = ["run", "exec", "--command", "echo {}", "--items", "a"];

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2));
    private readonly StreamReader _reader;
    private readonly ConsoleRun _run;
    private readonly Channel<UnitResult> _results = Channel.CreateUnbounded<UnitResult>();

    public RunStreamTests()
    {
        _reader = new StreamReader(_pipe.Reader.AsStream());
        _run = new ConsoleRun(output: _pipe.Writer.AsStream());
        _run.Cluster.OnSubmit = job => job.Results = _results.Reader.ReadAllAsync();
    }

    public void Dispose()
    {
        _run.Dispose();
        _reader.Dispose();
    }

    [Fact]
    public async Task Run_MapKind_PrintsEachResultWhileTheJobRuns()
    {
        Task<int> running = _run.RunAsync(Arguments);
        for (int unit = 0; unit < 3; unit++)
        {
            _results.Writer.TryWrite(Result(unit));
            Assert.Equal($"{{\"unit\":{unit},\"result\":\"r{unit}\"}}", await LineAsync());
            Assert.False(running.IsCompleted);
        }

        Assert.Single(_run.Cluster.Submitted).Succeed("null");
        _results.Writer.Complete();
        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("units in", _run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MapKindWhoseJobFails_PrintsWhatThereIsAndExitsWith1()
    {
        _results.Writer.TryWrite(Result(0));
        _results.Writer.Complete();
        _run.Cluster.OnSubmit = job =>
        {
            job.Results = _results.Reader.ReadAllAsync();
            job.Fail("bad digit");
        };
        Assert.Equal(1, await _run.RunAsync(Arguments));
        Assert.Contains("\"r0\"", await LineAsync(), StringComparison.Ordinal);
        Assert.Contains("bad digit", _run.ErrorLineOf("error:"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CtrlCWhileResultsCome_CancelsTheJobAndExitsWith130()
    {
        Task<int> running = _run.RunAsync(Arguments);
        _results.Writer.TryWrite(Result(0));
        await LineAsync();
        _run.Interrupts.Signal();
        Assert.Equal(130, await running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(1, Assert.Single(_run.Cluster.Submitted).Cancels);
    }

    [Fact]
    public async Task Run_OutputThatIsClosed_LeavesTheJobAndSaysHowToFindIt()
    {
        using ConsoleRun run = new(output: new ClosedOutput());
        run.Cluster.OnSubmit = job => job.Results = new[] { Result(0) }.ToAsyncEnumerable();
        Assert.Equal(0, await run.RunAsync([.. Arguments, "--id", "j7"]));
        Assert.Contains("orleanswork watch j7", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(run.Cluster.Submitted).Cancels);
    }

    [Fact]
    public async Task Run_ReaderThatStops_FetchesNoMoreThanTheWritesTake()
    {
        const int many = 200_000;
        int fetched = 0;
        _run.Cluster.OnSubmit = job =>
        {
            job.Results = FetchAsync();
            job.Succeed("null");
        };
        Task<int> running = Task.Run(() => _run.RunAsync(Arguments));
        for (int unit = 0; unit < many; unit++)
        {
            string line = (await LineAsync())!;
            Assert.Contains($"\"r{unit}\"", line, StringComparison.Ordinal);

            // What the pipe, one write and the reader hold, and no more.
            int mostAhead = (PipeBytes + (2 * 64 * 1024) + 4096) / line.Length;
            Assert.True(Volatile.Read(ref fetched) - unit <= mostAhead, $"{fetched} results were fetched when {unit} were read.");
        }

        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(30)));

        async IAsyncEnumerable<UnitResult> FetchAsync()
        {
            await Task.Yield();
            for (int unit = 0; unit < many; unit++)
            {
                Interlocked.Increment(ref fetched);
                yield return Result(unit);
            }
        }
    }

    private static UnitResult Result(int unit) => new(unit, Encoding.UTF8.GetBytes($"\"r{unit}\""));

    private Task<string?> LineAsync() => _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>A pipe whose reader has gone.</summary>
    private sealed class ClosedOutput : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe");
    }
}
