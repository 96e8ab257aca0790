using System.Diagnostics;

namespace OrleansWork.Benchmarks;

/// <summary>One figure of leases beside bare calls.</summary>
/// <param name="Calls">Bare calls per second.</param>
/// <param name="Leases">Leases per second.</param>
/// <param name="Micros">Processor time of all three processes for a lease, in microseconds.</param>
internal readonly record struct LeaseRound(double Calls, double Leases, double Micros)
{
    public double Ratio => Leases / Calls;
}

/// <summary>Rounds of bare calls and of leases of empty units, on two working silo processes of one slot each beside the coordinating one.</summary>
internal sealed class LeaseRounds : IAsyncDisposable
{
    public const int Workers = 2;

    // On two cores the compiler takes part of the first rounds: the more code there is to run, the more of them.
    public const int WarmUp = 3;
    private const int InFlight = 128;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(2);
    private readonly BenchmarkSilo _silo;
    private readonly SiloAddress[] _remote;
    private readonly IBareCaller _bare;
    private readonly JobOptions _options = new() { ChunkUnits = 1, Require = ["remote"] };
    private int _rounds;

    private LeaseRounds(BenchmarkSilo silo, SiloAddress[] remote, IBareCaller bare) => (_silo, _remote, _bare) = (silo, remote, bare);

    public static async Task<LeaseRounds> StartAsync(bool mergeLeases)
    {
        BenchmarkSilo silo = await BenchmarkSilo.StartAsync(Workers, mergeLeases);
        SiloAddress[] remote =
        [
            .. (await silo.Client.ListSilosAsync())
                .Where(known => known.Labels.ContainsKey("remote"))
                .Select(known => SiloAddress.FromParsableString(known.Silo)),
        ];
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.Address);
        IBareCaller bare = silo.Grains.GetGrain<IBareCaller>(0);
        await bare.CallAsync([.. remote], InFlight, TimeSpan.FromSeconds(1));
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        LeaseRounds rounds = new(silo, remote, bare);
        await rounds.RunJobAsync(20_000);
        return rounds;
    }

    /// <summary>Measures once.</summary>
    public async Task<LeaseRound> MeasureAsync()
    {
        double calls = await _bare.CallAsync([.. _remote], InFlight, Length);
        TimeSpan before = ProcessorTime();
        JobStatus job = await RunJobAsync(100_000);
        TimeSpan used = ProcessorTime() - before;
        double leases = job.Leases / (job.FinishedAt!.Value - job.StartedAt!.Value).TotalSeconds;
        return new LeaseRound(calls, leases, used.TotalMicroseconds / job.Leases);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    private Task<JobStatus> RunJobAsync(int units) =>
        _silo.RunAsync("synthetic", $$"""{"units":{{units}},"microseconds":0,"seed":{{_rounds++}}}""", _options);

    private TimeSpan ProcessorTime()
    {
        TimeSpan time = Environment.CpuUsage.TotalTime;
        foreach (Process worker in _silo.Workers)
        {
            worker.Refresh();
            time += worker.TotalProcessorTime;
        }

        return time;
    }
}
