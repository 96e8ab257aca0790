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
        await using IAsyncEnumerator<UnitResult<string>> reader = job.ResultsAsync(inOrder: true).GetAsyncEnumerator();
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
}
