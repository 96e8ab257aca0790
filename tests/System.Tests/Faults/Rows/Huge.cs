using System.Diagnostics;
using System.Globalization;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;
using StackExchange.Redis;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>F47: jobs of 10,000,000 units.</summary>
internal static class Huge
{
    private const long Units = 10_000_000;
    private const long Sum = Units * (Units - 1) / 2;

    // A page is at most 1 MiB; its stored form says what wrote it.
    private const double LargestDocumentMiB = 1.001;
    private static readonly TimeSpan Submission = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(120);

    public static async Task JobsAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        await run.SubmitAsync(cluster, units: 100, milliseconds: 25);
        MemoryWatch watch = new();
        foreach (SiloProcess silo in cluster.Silos)
            watch.Add($"silo {silo.Number}", silo.Pid);
        await using StoreSizes sizes = await StoreSizes.WatchAsync(cluster.Store);
        await OneAsync(
            "a range",
            async () =>
            {
                byte[] input = System.Text.Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture, $$"""{"units":{{Units}},"microseconds":0}""")
                );
                return await cluster.Client.SubmitAsync("synthetic", input);
            },
            $$"""{"units":{{Units}},"checksum":{{Sum}}}"""
        );
        await OneAsync(
            "items",
            async () => await cluster.Client.SubmitAsync(NumberItems.Kind, new NumberItems.Input(Units)),
            Sum.ToString(CultureInfo.InvariantCulture)
        );
        await run.CheckAsync();
        await sizes.LookAsync();
        run.Measured("largest stored document", sizes.LargestBytes / (double)(1 << 20), LargestDocumentMiB, "MiB");
        run.Noted("… of documents", $"{sizes.Documents}, {sizes.TotalBytes / (double)(1 << 20):0} MiB");
        run.Measured(
            "most memory of a silo",
            cluster.Silos.Max(s => watch.PeakOf($"silo {s.Number}")) / (double)MemoryWatch.MegaByte,
            1024,
            "MiB"
        );

        async Task OneAsync(string what, Func<Task<JobHandle>> submit, string expected)
        {
            long started = Stopwatch.GetTimestamp();
            JobHandle job = await run.History.DoAsync($"submit {what}", submit);
            run.Measured($"{what}: submitted", Stopwatch.GetElapsedTime(started), Submission);
            JobStatus? last = null;
            using CancellationTokenSource bound = new(Ceiling);
            await foreach (JobStatus status in job.WatchAsync(bound.Token))
            {
                last = status;
                await sizes.LookAsync(job.Id);
            }

            TimeSpan took = Stopwatch.GetElapsedTime(started);
            Assert.True(last!.State == JobState.Succeeded, $"{last.State}: {last.Error?.Message}");
            string result = System.Text.Encoding.UTF8.GetString((await job.ResultAsync()).Content);
            bool isRight =
                result == expected
                && last.Units.Done == Units
                && last.Silos.Sum(s => s.Units) == Units
                && last.Attempts <= last.Units.Done + last.Units.Wasted;
            run.Holds($"{what}: every unit counted once, the result right", isRight ? "right" : $"{result}, {last.Units}", isRight);
            run.Noted($"{what}: {Units:N0} units", $"{took.TotalSeconds:0.0} s, {last.Leases} leases, {last.Units.Wasted} wasted");
        }
    }

    /// <summary>The sizes of documents as the store has them.</summary>
    private sealed class StoreSizes : IAsyncDisposable
    {
        private readonly ConnectionMultiplexer _connection;
        private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);

        private StoreSizes(ConnectionMultiplexer connection) => _connection = connection;

        public long LargestBytes { get; private set; }

        public int Documents => _sizes.Count;

        public long TotalBytes => _sizes.Values.Sum();

        public static async Task<StoreSizes> WatchAsync(StoreProcess store) => new(await ConnectionMultiplexer.ConnectAsync(store.Redis));

        /// <summary>Looks at all documents that the store has.</summary>
        /// <param name="name">Only at those whose key ends with it: manifests are written again and again.</param>
        public async Task LookAsync(string? name = null)
        {
            IServer server = _connection.GetServers()[0];
            IDatabase database = _connection.GetDatabase();
            await foreach (RedisKey key in server.KeysAsync(pattern: name is null ? "*/state/*" : $"*/state/*/{name}", pageSize: 10_000))
            {
                long size = await database.HashStringLengthAsync(key, "data");
                _sizes[key.ToString()] = size;
                LargestBytes = Math.Max(LargestBytes, size);
            }
        }

        public ValueTask DisposeAsync() => _connection.DisposeAsync();
    }
}
