using System.Diagnostics;

namespace OrleansWork.Benchmarks;

/// <summary>What a chunk costs beside its units, pooled and spawned, alternating in one run.</summary>
internal static class Spawning
{
    private const int Workers = 2;
    private const int Rounds = 3;

    public static async Task<int> RunAsync()
    {
        Console.WriteLine(
            $"spawning: {Workers} remote silo processes, 1 slot each, empty units, --chunk 1, {Environment.ProcessorCount} cores"
        );
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(Workers, mergeLeases: false);
        PlacementPolicy[] placements = Enum.GetValues<PlacementPolicy>();
        Dictionary<string, List<double>> costs = [];
        for (int round = 0; round <= Rounds; round++)
        {
            foreach (PlacementPolicy placement in placements)
            {
                foreach (int? parallel in new int?[] { null, 1 })
                {
                    // About a second each, submission included; the first round warms up.
                    await MeasureAsync(ExecutionMode.Pooled, placement, parallel, parallel is null ? 100_000 : 2_000, round);
                    await MeasureAsync(ExecutionMode.Spawned, placement, parallel, parallel is null ? 20_000 : 1_000, round);
                }
            }
        }

        foreach ((string what, List<double> micros) in costs.OrderBy(cost => cost.Key, StringComparer.Ordinal))
            Console.WriteLine(
                $"  {what, -40} median {Repeated.Median(micros), 8:N0} µs a chunk ({1e6 / Repeated.Median(micros), 8:N0} chunks/s), {micros.Min():N0} to {micros.Max():N0}"
            );
        return 0;

        async Task MeasureAsync(ExecutionMode execution, PlacementPolicy placement, int? parallel, int units, int round)
        {
            JobOptions options = new()
            {
                ChunkUnits = 1,
                Require = ["remote"],
                Execution = execution,
                Placement = placement,
                MaxParallel = parallel,
            };
            Stopwatch clock = Stopwatch.StartNew();
            await silo.RunAsync("synthetic", $$"""{"units":{{units}},"microseconds":0,"seed":{{round + 1}}}""", options);
            string what = $"{(parallel is null ? "as many as fit" : "one at a time")}, {execution}, {placement}";
            if (!costs.TryGetValue(what, out List<double>? micros))
                costs.Add(what, micros = []);
            if (round > 0)
                micros.Add(clock.Elapsed.TotalMicroseconds / units);
        }
    }
}
