using System.Globalization;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>Readers that stop in the middle of a million results.</summary>
public sealed class SlowReaderTests(ThreeCountingSilos silos) : IClassFixture<ThreeCountingSilos>
{
    private const int Many = 1_000_000;
    private const int Length = 200;
    private const long MegaByte = 1 << 20;

    [SlowFact]
    public async Task SlowReader_HoldsNothingUpAndNothingInMemory()
    {
        JobHandle<string> job = await silos.Client.SubmitAsync(NumberLines.Kind, new NumberLines.Input(Many, Length));
        await using IAsyncEnumerator<UnitResult<string>> reader = job.UnitResultsAsync(inOrder: true).GetAsyncEnumerator();
        long next = 0;
        while (next < 1_000)
            await ReadOneAsync();

        // The reader stops here until all is done: the job does not wait for it, and nobody keeps the rest for it.
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        JobStatus? status = null;
        await Eventually.NotNullAsync(
            async () => (status = await job.GetStatusAsync()).IsTerminal ? status : null,
            () => status?.ToString() ?? "",
            TimeSpan.FromMinutes(5),
            "the end of the job"
        );
        Assert.Equal(JobState.Succeeded, status!.State);
        long kept = GC.GetTotalMemory(forceFullCollection: true) - heap;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Many:N0} results done after {status.ElapsedSeconds:0.0} s; a reader that stands at {next:N0} keeps {kept / 1024.0:N0} KB more"
        );
        Assert.True(kept < 16 * MegaByte, $"The waiting reader's process keeps {kept / MegaByte} MB more.");
        while (next < Many)
            await ReadOneAsync();
        Assert.False(await reader.MoveNextAsync());

        async Task ReadOneAsync()
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal((next, NumberLines.Line(next, Length)), (reader.Current.Unit, reader.Current.Value));
            next++;
        }
    }

    [SlowFact]
    public async Task OutputOfRunThatNobodyReads_HoldsNothingInMemory()
    {
        (RunningProgram run, StreamReader output) = RunningProgram.StartUnread(
            Programs.Console,
            [
                "run",
                "number-lines",
                "--below",
                Many.ToString(CultureInfo.InvariantCulture),
                "--length",
                Length.ToString(CultureInfo.InvariantCulture),
                "--id",
                "unread",
                "--data",
                silos.Cluster.Directory,
            ]
        );
        await using (run)
        {
            long next = 0;
            while (next < 1_000)
                await ReadOneAsync();
            long before = ProcessTable.ResidentBytes(run.Id);
            JobStatus status = await Eventually.NotNullAsync(
                async () => await silos.Client.GetJob("unread").GetStatusAsync() is { IsTerminal: true } ended ? ended : null,
                () => run.Error,
                TimeSpan.FromMinutes(5),
                "the end of the job"
            );
            long grown = ProcessTable.ResidentBytes(run.Id) - before;
            Assert.Equal(JobState.Succeeded, status.State);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Many:N0} results done after {status.ElapsedSeconds:0.0} s; `run`, whose output stands at line {next:N0}, has grown by {grown / (double)MegaByte:0.0} MB"
            );
            Assert.False(run.HasExited, run.Error);
            Assert.True(grown < 48 * MegaByte, $"`run` has grown by {grown / MegaByte} MB while nobody read its output.");
            while (next < Many)
                await ReadOneAsync();
            Assert.Null(await output.ReadLineAsync());
            Assert.True(await run.ExitCodeAsync() == 0, run.Error);

            async Task ReadOneAsync()
            {
                string line = await output.ReadLineAsync() ?? throw new EndOfStreamException($"Line {next} is missing. {run.Error}");
                Assert.Equal($"{{\"unit\":{next},\"result\":\"{NumberLines.Line(next, Length)}\"}}", line);
                next++;
            }
        }
    }
}
