namespace OrleansWork.Benchmarks;

/// <summary>What it costs that the first partials of a job and a sample of the rest are read back: the same jobs with and without, in turns.</summary>
internal static class Values
{
    private const int Rounds = 6;
    private const double LimitPercent = 1;

    public static async Task<int> RunAsync()
    {
        List<double> with = [];
        List<double> without = [];
        await using BenchmarkSilo checking = await BenchmarkSilo.StartAsync(1, mergeLeases: true);
        await using BenchmarkSilo trusting = await BenchmarkSilo.StartAsync(1, mergeLeases: true, valueCheckInterval: 0);
        for (int round = -2; round < Rounds; round++)
        {
            double checkedSeconds = await TimeAsync(checking, round);
            double trustedSeconds = await TimeAsync(trusting, round);
            if (round < 0)
                continue;
            with.Add(checkedSeconds);
            without.Add(trustedSeconds);
        }

        double ratio = Repeated.Median([.. with.Zip(without, (a, b) => a / b)]);
        double share = (ratio - 1) * 100;
        Console.WriteLine(
            $"values: reading partials back costs {share:F2} % of a job's processor time ({Repeated.Median(with):F3} s beside {Repeated.Median(without):F3} s; limit {LimitPercent} %)"
        );
        return share <= LimitPercent ? 0 : 1;
    }

    private static async Task<double> TimeAsync(BenchmarkSilo silo, int round)
    {
        System.Diagnostics.Process worker = silo.Workers[0];
        worker.Refresh();
        TimeSpan before = worker.TotalProcessorTime;
        await silo.RunAsync(
            "tallies",
            $$"""{"units":200000,"seed":{{round + 10}}}""",
            new JobOptions { Require = ["remote"], ChunkUnits = 4 }
        );
        worker.Refresh();
        return (worker.TotalProcessorTime - before).TotalSeconds;
    }
}

/// <summary>Partials that cross as JSON: twenty counted words.</summary>
[JobKind("tallies")]
public sealed class Tallies : JobKind<Tallies.Input, Dictionary<string, long>, long>
{
    public sealed record Input(long Units, int Seed = 1);

    public override long CountUnits(Input input) => input.Units;

    public override Dictionary<string, long> RunUnit(Input input, long unit, UnitContext context)
    {
        Dictionary<string, long> tallies = [];
        for (int i = 0; i < 20; i++)
            tallies[Words[i]] = unit + i;
        return tallies;
    }

    public override Dictionary<string, long> Combine(Dictionary<string, long> left, Dictionary<string, long> right)
    {
        foreach ((string word, long count) in right)
            left[word] = left.GetValueOrDefault(word) + count;
        return left;
    }

    public override long Finish(Input input, Dictionary<string, long> partial) => partial.Values.Sum();

    private static readonly string[] Words = [.. Enumerable.Range(0, 20).Select(i => $"word{i}")];
}
