using System.Text.Json;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class JobLogTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(2, jobs: jobs => jobs.AddJob<TalkingKind>());

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Fact]
    public async Task Log_OfAJobThatRuns_IsFollowedToItsEnd()
    {
        JobHandle job = await SubmitAsync(new(_bench, Units: 3, Waits: true));
        List<UnitLogLine> lines = [];
        await foreach (UnitLogLine line in job.LogAsync(follow: true, cancellationToken: TestSilos.Ceiling))
        {
            lines.Add(line);
            // The last unit is still at its gate when its lines come.
            if (line is { Unit: 2, Level: "progress" })
                Bench.Of(_bench).Gate.Set();
        }

        Assert.Equal(JobState.Succeeded, (await job.GetStatusAsync(TestSilos.Ceiling)).State);
        Assert.Equal(
            ["unit 0 says 0", "unit 0 says 1", "unit 1 says 0", "unit 1 says 1", "unit 2 says 0", "unit 2 says 1"],
            lines.Where(line => line.Level == "information").Select(line => line.Text).Order()
        );
        Assert.Equal([0L, 1L, 2L], lines.Where(line => line.Level == "progress").Select(line => line.Unit).Distinct().Order());
        Assert.All(
            lines.Where(line => line.Level == "progress"),
            line => Assert.True(line is { Fraction: 0.5, Text: "a half" }, line.ToString())
        );
        Assert.All(lines, line => Assert.Equal(1, line.Attempt));
        Assert.Equal(lines.Select(line => line.Number).Order().Distinct(), lines.Select(line => line.Number));
    }

    [Fact]
    public async Task Log_OfOneUnit_HasItsLinesOnly()
    {
        JobHandle job = await SubmitAsync(new(_bench, Units: 5));
        List<UnitLogLine> followed = await ReadAsync(job, unit: 3, follow: true);
        List<UnitLogLine> read = await ReadAsync(job, unit: 3);
        Assert.Equal(["unit 3 says 0", "unit 3 says 1", "a half"], followed.Select(line => line.Text));
        Assert.Equal(followed, read);
        Assert.Empty(await ReadAsync(job, unit: 77));
    }

    [Fact]
    public async Task Log_CoordinatorGoneAfterTheEnd_IsStillThere()
    {
        JobHandle job = await SubmitAsync(new(_bench, Units: 4));
        List<UnitLogLine> before = await ReadAsync(job, follow: true);
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>(job.Id));
        Assert.NotEmpty(before);
        Assert.Equal(before, await ReadAsync(job));
    }

    [Fact]
    public async Task Log_OfAFlood_KeepsTheLastLinesAndMarksTheCut()
    {
        JobHandle job = await SubmitAsync(new(_bench, Units: 1, Lines: 100_000));
        List<UnitLogLine> lines = await ReadAsync(job, follow: true);
        List<UnitLogLine> kept = await ReadAsync(job);
        Assert.Contains(lines, line => line is { Level: "warning" } && line.Text.Contains("were dropped here", StringComparison.Ordinal));
        Assert.Equal(UnitNoteLog.MaxLines, kept.Count);
        Assert.Contains(kept, line => line.Text == "unit 0 says 99999");
        Assert.True(_silos.Storage.LargestOf("log") < 512 * 1024, $"the log has {_silos.Storage.LargestOf("log")} bytes");
    }

    [Fact]
    public void Add_LongLines_KeepsTheNewestWithinTheLimit()
    {
        UnitNoteLog log = new();
        SiloAddress silo = SiloAddress.New(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), 1);
        for (int unit = 0; unit < 100; unit++)
            log.Add(new UnitNotes(1, silo, [new UnitNote(unit, 1, 0, 2, new string('x', 8000), 0)]));
        UnitLogEntry[] kept = [.. log.After(0, null)];
        Assert.Equal(UnitNoteLog.MaxCharacters / 8000, kept.Length);
        Assert.Equal(Enumerable.Range(100 - kept.Length, kept.Length).Select(unit => (long)unit), kept.Select(entry => entry.Note.Unit));
        Assert.Equal(100, log.Last);
    }

    private async Task<JobHandle> SubmitAsync(TalkingKind.Input input) =>
        await _silos.Client.SubmitAsync(
            "talking",
            JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads),
            cancellationToken: TestSilos.Ceiling
        );

    private static async Task<List<UnitLogLine>> ReadAsync(JobHandle job, long? unit = null, bool follow = false)
    {
        List<UnitLogLine> lines = [];
        await foreach (UnitLogLine line in job.LogAsync(unit, follow, TestSilos.Ceiling))
            lines.Add(line);
        return lines;
    }
}
