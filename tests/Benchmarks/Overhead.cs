using System.Collections.Immutable;
using System.Diagnostics;
using OrleansWork.Protocol;

namespace OrleansWork.Benchmarks;

/// <summary>Leases per second of the engine beside bare grain-to-grain calls to workers of remote silo processes, in one run.</summary>
internal static class Overhead
{
    private const int Rounds = 5;
    private const double Limit = 0.3;

    public static async Task<int> RunAsync()
    {
        Console.WriteLine(
            $"overhead: {LeaseRounds.Workers} remote silo processes, 1 slot each, empty units, --chunk 1, {Environment.ProcessorCount} cores"
        );
        double aloneRatio = await Repeated.MeasureAsync(
            2,
            async () => Repeated.Median(await MeasureAsync(mergeLeases: false)),
            ratio => ratio >= Limit,
            ratio => $"median ratio {ratio:P1}"
        );
        List<double> merged = await MeasureAsync(mergeLeases: true);
        Console.WriteLine($"one lease a message: median ratio to bare calls {aloneRatio:P0} (limit 30%)");
        Console.WriteLine($"merged:              median ratio to bare calls {Repeated.Median(merged):P0}");
        return aloneRatio >= Limit ? 0 : 1;
    }

    private static async Task<List<double>> MeasureAsync(bool mergeLeases)
    {
        await using LeaseRounds rounds = await LeaseRounds.StartAsync(mergeLeases);
        List<double> ratios = [];
        for (int number = -LeaseRounds.WarmUp; number < Rounds; number++)
        {
            LeaseRound round = await rounds.MeasureAsync();
            if (number >= 0)
                ratios.Add(round.Ratio);
            Console.WriteLine(
                $"  {(mergeLeases ? "merged" : "alone "), -6} {(number < 0 ? "warm-up" : $"round {number + 1}")}: bare {round.Calls, 9:N0} calls/s, engine {round.Leases, 9:N0} leases/s, ratio {round.Ratio:P0}, {round.Micros:N1} µs of processors a lease"
            );
        }

        return ratios;
    }
}

/// <summary>A grain that does nothing but call workers.</summary>
public interface IBareCaller : IGrainWithIntegerKey
{
    /// <summary>Calls for a while.</summary>
    /// <returns>Calls per second.</returns>
    [ResponseTimeout("00:02:00")]
    Task<double> CallAsync(ImmutableArray<SiloAddress> silos, int inFlight, TimeSpan length);
}

/// <inheritdoc/>
[Orleans.Concurrency.Reentrant]
public sealed class BareCaller : Grain, IBareCaller
{
    /// <inheritdoc/>
    public async Task<double> CallAsync(ImmutableArray<SiloAddress> silos, int inFlight, TimeSpan length)
    {
        IWorkerGrain[] workers =
        [
            .. silos.SelectMany(silo =>
                Enumerable.Range(0, 2).Select(number => GrainFactory.GetGrain<IWorkerGrain>(Keys.Worker(silo, number)))
            ),
        ];
        long calls = 0;
        Stopwatch clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(CallOnAsync));
        return calls / clock.Elapsed.TotalSeconds;

        async Task CallOnAsync(int caller)
        {
            LeaseBatch batch = new("benchmark-0000001", 1, 1, silos[0], 5, 100, false, [new Lease(caller, caller, caller + 1, 50_000, 1)]);
            IWorkerGrain worker = workers[caller % workers.Length];
            while (clock.Elapsed < length)
            {
                await worker.EchoAsync(batch);
                calls++;
            }
        }
    }
}
