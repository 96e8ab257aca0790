using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Execution;

namespace OrleansWork.Benchmarks;

/// <summary>Times that the engine promises, each measured on real silo processes and printed beside its limit.</summary>
internal static class Promises
{
    public static async Task<int> RunAsync()
    {
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(2, mergeLeases: true);
        await silo.RunAsync("synthetic", """{"units":100,"microseconds":1000,"mode":"sleep"}""", new JobOptions());
        Func<BenchmarkSilo, Task<Promise[]>>[] measurements =
        [
            SecondJobStartsAsync,
            BudgetEndsLeasesAsync,
            LongUnitIsCancelledAsync,
            SilosAnswerWhileSlotsBurnAsync,
        ];
        List<Promise> promises = [];
        foreach (Func<BenchmarkSilo, Task<Promise[]>> measure in measurements)
        {
            promises.AddRange(
                await Repeated.MeasureAsync(
                    1,
                    () => measure(silo),
                    rows => rows.All(row => row.Kept),
                    rows => string.Join(", ", rows.Where(row => !row.Kept).Select(row => $"{row.What}: {row.Figure}"))
                )
            );
        }

        Console.WriteLine($"{"promise", -58} {"limit", 14} {"figure", 14}  verdict");
        foreach ((string what, string limit, string figure, bool kept) in promises)
            Console.WriteLine($"{what, -58} {limit, 14} {figure, 14}  {(kept ? "kept" : "BROKEN")}");
        return promises.All(promise => promise.Kept) ? 0 : 1;
    }

    private static async Task<Promise[]> SecondJobStartsAsync(BenchmarkSilo silo)
    {
        JobHandle large = await SubmitAsync(silo, """{"units":10000,"microseconds":10000,"mode":"sleep"}""");
        while ((await large.GetStatusAsync()).Units.Done < 200)
            await Task.Delay(20);
        List<double> starts = [];
        List<double> ends = [];
        for (int round = 0; round < 6; round++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            JobHandle small = await SubmitAsync(silo, $$"""{"units":30,"microseconds":10000,"mode":"sleep","seed":{{round + 2}}}""");
            while ((await small.GetStatusAsync()).Units.Done == 0)
                await Task.Delay(2);
            if (round == 0)
            {
                // The first submission is compiled while it runs.
                await small.ResultAsync();
                continue;
            }

            starts.Add(clock.Elapsed.TotalMilliseconds - 10);
            await small.ResultAsync();
            ends.Add(clock.Elapsed.TotalMilliseconds);
        }

        bool running = !(await large.GetStatusAsync()).IsTerminal;
        await large.CancelAsync();
        double started = starts.Order().ElementAt(2);
        return
        [
            new("second job: submit to its first unit running, median of 5", "<= 100 ms", $"{started:F0} ms", started <= 100 && running),
            new("second job of 30 units of 10 ms: submit to result", "", $"{ends.Order().ElementAt(2):F0} ms", true),
        ];
    }

    private static async Task<Promise[]> BudgetEndsLeasesAsync(BenchmarkSilo silo)
    {
        JobStatus job = await silo.RunAsync(
            "synthetic",
            """{"units":1000,"microseconds":5000,"mode":"sleep"}""",
            new JobOptions { ChunkUnits = 1000 }
        );
        double units = 1000.0 / job.Leases;
        return [new("lease of 1,000 units of 5 ms under a budget of 50 ms", "about 10", $"{units:F1} units", units is > 6 and < 13)];
    }

    private static async Task<Promise[]> LongUnitIsCancelledAsync(BenchmarkSilo silo)
    {
        ComputePool pool = silo.Services.GetRequiredService<ComputePool>();
        long before = pool.Counters.Detached;
        JobHandle job = await silo.Client.SubmitAsync(
            "synthetic",
            """{"units":1,"microseconds":30000000,"mode":"sleep"}"""u8.ToArray(),
            new JobOptions { Require = ["coordinator"] }
        );
        while (pool.Counters.Detached == before)
            await Task.Delay(20);
        Stopwatch clock = Stopwatch.StartNew();
        Task<JobStatus> canceled = job.CancelAsync();
        while (pool.Load().Compute.Running > 0)
            await Task.Delay(1);
        double freed = clock.Elapsed.TotalMilliseconds;
        await canceled;
        return [new("unit of 30 s, detached: cancel to its slot free", "<= 100 ms", $"{freed:F0} ms", freed <= 100)];
    }

    private static async Task<Promise[]> SilosAnswerWhileSlotsBurnAsync(BenchmarkSilo silo)
    {
        JobHandle job = await SubmitAsync(silo, """{"units":3000,"microseconds":5000,"mode":"spin"}""");
        while ((await job.GetStatusAsync()).Units.Done < 50)
            await Task.Delay(20);
        double slowest = 0;
        for (int ask = 0; ask < 20; ask++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            await silo.Client.ListSilosAsync();
            slowest = Math.Max(slowest, clock.Elapsed.TotalMilliseconds);
        }

        await job.CancelAsync();
        return [new("list of silos while every slot burns, slowest of 20", "<= 1000 ms", $"{slowest:F0} ms", slowest <= 1000)];
    }

    private static Task<JobHandle> SubmitAsync(BenchmarkSilo silo, string input) =>
        silo.Client.SubmitAsync("synthetic", Encoding.UTF8.GetBytes(input));

    private readonly record struct Promise(string What, string Limit, string Figure, bool Kept);
}
