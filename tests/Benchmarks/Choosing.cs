using System.Globalization;

namespace OrleansWork.Benchmarks;

/// <summary>What helps to choose a policy and a chunk size: makespans beside what the silos could do at best.</summary>
internal static class Choosing
{
    private const int Workers = 3;
    private const int Rounds = 3;

    /// <summary>Every policy on units that wait in their slot, so that the machine's cores are no limit; the policies alternate.</summary>
    public static async Task<int> PoliciesAsync()
    {
        Console.WriteLine(
            $"policies: {Workers} silo processes, 1 slot each, 400 units of 10 ms on average, makespan / lower bound, median of {Rounds}"
        );
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(Workers, mergeLeases: true);
        string slow = (await silo.Client.ListSilosAsync()).First(known => known.Labels.ContainsKey("remote")).Silo;
        (string Name, bool Pareto, double Slowness, long? Chunk)[] loads =
        [
            ("equal units", false, 1, null),
            ("pareto units (alpha 1.5)", true, 1, null),
            ("equal units, one silo 4 times slower", false, 4, null),
            ("equal units, one silo 4 times slower, --chunk 10", false, 4, 10),
        ];
        Dictionary<(string, PlacementPolicy), List<double>> ratios = [];
        for (int round = 0; round <= Rounds; round++)
        {
            foreach ((string name, bool pareto, double slowness, long? chunk) in loads)
            {
                foreach (PlacementPolicy placement in Enum.GetValues<PlacementPolicy>())
                {
                    string input = string.Create(
                        CultureInfo.InvariantCulture,
                        $$"""{"units":400,"microseconds":10000,"pareto":{{(pareto ? "true" : "false")}},"seed":{{round + 1}},"slowSilo":"{{slow}}","slowness":{{slowness}}}"""
                    );
                    JobOptions options = new()
                    {
                        Placement = placement,
                        ChunkUnits = chunk,
                        Require = ["remote"],
                    };
                    JobStatus job = await silo.RunAsync("uneven", input, options);
                    double work = Uneven.Work(new Uneven.Input(400, 10_000, pareto, round + 1, slow, slowness)).TotalSeconds;
                    double bound = work / (Workers - 1 + (1 / slowness));
                    if (!ratios.TryGetValue((name, placement), out List<double>? list))
                        ratios.Add((name, placement), list = []);
                    // The first round is compiled while it runs.
                    if (round > 0)
                        list.Add((job.FinishedAt!.Value - job.StartedAt!.Value).TotalSeconds / bound);
                }
            }
        }

        foreach (((string name, PlacementPolicy placement), List<double> list) in ratios)
            Console.WriteLine($"  {name, -50} {placement, -12} {Repeated.Median(list):F2} ({list.Min():F2} to {list.Max():F2})");
        return 0;
    }

    /// <summary>Units of known length on one slot: the share of the slot's time that units have.</summary>
    public static async Task<int> ChunksAsync()
    {
        Console.WriteLine(
            $"chunks: 1 silo process, 1 slot, units that compute for a given time, share of the slot's time spent in units, median of {Rounds}"
        );
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(1, mergeLeases: true);
        foreach (int microseconds in (int[])[10, 100, 1_000, 10_000])
        {
            foreach (long? chunk in (long?[])[null, 1, 10, 100])
            {
                List<double> shares = [];
                int units = 1_500_000 / microseconds;
                for (int round = 0; round <= Rounds; round++)
                {
                    JobStatus job = await silo.RunAsync(
                        "synthetic",
                        $$"""{"units":{{units}},"microseconds":{{microseconds}},"seed":{{round + 1}}}""",
                        new JobOptions { ChunkUnits = chunk, Require = ["remote"] }
                    );
                    if (round > 0)
                        shares.Add(units * (microseconds / 1e6) / (job.FinishedAt!.Value - job.StartedAt!.Value).TotalSeconds);
                }

                Console.WriteLine(
                    $"  units of {microseconds, 6} µs, {(chunk is null ? "automatic" : $"--chunk {chunk}"), -11} {Repeated.Median(shares), 4:P0} ({shares.Min():P0} to {shares.Max():P0})"
                );
            }
        }

        return 0;
    }
}

/// <summary>Units that wait in their slot, longer on one silo than on the others.</summary>
[JobKind("uneven")]
public sealed class Uneven : JobKind<Uneven.Input, long>
{
    /// <summary>How many units, their mean length, and which silo is slow.</summary>
    public sealed record Input(int Units, double Microseconds, bool Pareto, int Seed, string SlowSilo, double Slowness);

    /// <inheritdoc/>
    public override long CountUnits(Input input) => input.Units;

    /// <inheritdoc/>
    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        double factor = context.Silo == input.SlowSilo ? input.Slowness : 1;
        context.CancellationToken.WaitHandle.WaitOne(Length(input, unit) * factor);
        return 1;
    }

    /// <inheritdoc/>
    public override long Combine(long left, long right) => left + right;

    /// <summary>Adds up how long all units are on a silo that is not slow.</summary>
    public static TimeSpan Work(Input input) => TimeSpan.FromTicks(Enumerable.Range(0, input.Units).Sum(unit => Length(input, unit).Ticks));

    // Pareto with alpha 1.5 and the wanted mean, by inversion; a hash of the unit is its uniform number.
    private static TimeSpan Length(Input input, long unit)
    {
        if (!input.Pareto)
            return TimeSpan.FromMicroseconds(input.Microseconds);
        // Waits count whole milliseconds.
        ulong hash = (ulong)(unit + 1) * 0x9E3779B97F4A7C15 ^ (ulong)input.Seed * 0xC2B2AE3D27D4EB4F;
        hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
        double uniform = ((hash >> 11) + 1) / (double)(1UL << 53);
        double microseconds = Math.Min(input.Microseconds / 3 * Math.Pow(uniform, -1 / 1.5), 100 * input.Microseconds);
        return TimeSpan.FromMilliseconds(Math.Round(microseconds / 1000));
    }
}
