namespace OrleansWork.Benchmarks;

/// <summary>Ten million empty units with automatic chunks, and what the coordinator's process keeps for them.</summary>
internal static class Units
{
    private const double Limit = 2;

    public static async Task<int> RunAsync()
    {
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(2, mergeLeases: true);
        await silo.RunAsync("synthetic", """{"units":100000,"microseconds":0}""", new JobOptions());
        double slowest = await Repeated.MeasureAsync(
            2,
            () => SlowestAsync(silo),
            seconds => seconds <= Limit,
            seconds => $"units: slowest {seconds:F3} s"
        );
        long small = await KeptAsync(silo, 1_000_000);
        long large = await KeptAsync(silo, 1_000_000_000);
        Console.WriteLine(
            $"units: coordinator's process keeps {small / 1024.0:N0} KB more during 1,000,000 units, {large / 1024.0:N0} KB during 1,000,000,000"
        );
        return slowest <= Limit ? 0 : 1;
    }

    private static async Task<double> SlowestAsync(BenchmarkSilo silo)
    {
        double slowest = 0;
        for (int round = 0; round < 5; round++)
        {
            JobStatus job = await silo.RunAsync(
                "synthetic",
                $$"""{"units":10000000,"microseconds":0,"seed":{{round + 1}}}""",
                new JobOptions()
            );
            slowest = Math.Max(slowest, job.ElapsedSeconds);
            Console.WriteLine($"units: 10,000,000 empty units in {job.ElapsedSeconds:F3} s with {job.Leases} leases (limit {Limit:F0} s)");
        }

        return slowest;
    }

    private static async Task<long> KeptAsync(BenchmarkSilo silo, long units)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.Address);
        JobHandle job = await silo.Client.SubmitAsync(
            "synthetic",
            System.Text.Encoding.UTF8.GetBytes($$"""{"units":{{units}},"microseconds":0}"""),
            new JobOptions { Require = ["remote"] }
        );
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        long most = 0;
        JobStatus status = await job.GetStatusAsync();
        while (!status.IsTerminal)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            status = await job.GetStatusAsync();
        }

        return most;
    }
}
