using System.Globalization;
using System.Text;
using Orleans.Runtime;
using OrleansWork.Protocol;
using OrleansWork.Protocol.Security;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Those to whom a cluster does not belong, on the same machine.</summary>
internal static class Strangers
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>F88: another user of the machine tries every door.</summary>
    public static async Task AnotherUserAsync(FaultRun run)
    {
        await using Stranger stranger = await Stranger.ComeAsync();
        SupervisedCluster cluster = await run.SupervisedAsync(2, []);
        ClusterFile file = LocalCluster.Read(cluster.Directory)!;
        RecordedJob job = await run.SubmitAsync(cluster, units: 200, milliseconds: 50);
        List<string> accepted = [];
        List<string> unclear = [];
        int tried = 0;

        await ConsolesAsync();
        await WebAsync();
        await ClientsAsync();
        await StoreAsync();
        await FilesAsync();
        await SecretsAsync();

        JobStatus status = await job.CheckAsync();
        run.Measured("F88: accepted from another user", accepted.Count, 0, "");
        run.Noted("F88: tried", $"{tried}{(accepted.Count == 0 ? "" : $"; accepted: {string.Join("; ", accepted)}")}");
        run.Holds("F88: consoles say why, and nothing else", unclear.Count == 0 ? "all" : string.Join("; ", unclear), unclear.Count == 0);
        run.Holds(
            "F88: the owner's cluster goes on",
            $"job {status.State}, {cluster.Silos.Count} silos",
            status.State == JobState.Succeeded && cluster.Silos.Count == 2 && cluster.Ends.Count == 0
        );

        async Task TryAsync(string what, Func<Task<bool>> attempt)
        {
            tried++;
            if (await run.History.DoAsync($"as another user: {what}", attempt))
                accepted.Add(what);
        }

        async Task ConsolesAsync()
        {
            string[] gateway =
            [
                .. (string[])["--gateway", string.Join(',', file.Silos.Select(s => s.Gateway))],
                .. (string[])["--cluster-id", file.ClusterId, "--service-id", file.ServiceId],
            ];
            string[] data = ["--data", cluster.Directory];
            foreach (string[] way in (string[][])[gateway, data])
            {
                foreach (
                    string[] command in (string[][])
                        [
                            ["silos"],
                            ["run", "sum", "--from", "1", "--to", "9"],
                            ["cancel", job.Id],
                            ["result", job.Id],
                        ]
                )
                    await ConsoleAsync([.. command, .. way]);
            }

            await ConsoleAsync(["down", .. data]);
            await ConsoleAsync(["scale", "1", .. data]);
            await ConsoleAsync(["silos", .. gateway], ("ORLEANSWORK_SECRET", ClusterSecret.Create()));
            await ConsoleAsync(["silos", .. gateway], ("ORLEANSWORK_SECRET", "none"));
        }

        Task ConsoleAsync(IEnumerable<string> arguments, params IEnumerable<(string, string)> environment) =>
            TryAsync(
                string.Join(' ', arguments),
                async () =>
                {
                    await using RunningProgram console = stranger.Console(arguments, environment);
                    int code = await console.ExitCodeAsync();
                    if (code is not (2 or 3 or 5) || console.Error.Contains("   at ", StringComparison.Ordinal))
                        unclear.Add($"{arguments.First()}: exit {code}: {FirstLine(console.Error)}");
                    return code == 0 || console.Output.Contains(job.Id, StringComparison.Ordinal);
                }
            );

        async Task WebAsync()
        {
            foreach (ClusterFileProcess silo in file.Silos)
            {
                Uri http = new(silo.Http!);
                foreach (string path in (string[])["/metrics", "/api/jobs", "/api/silos", "/openapi/v1.json", "/orleans", "/no/such/thing"])
                {
                    await RequestAsync(
                        $"GET {path}",
                        http,
                        $"GET {path} HTTP/1.1\r\nHost: {http.Authority}\r\nConnection: close\r\n\r\n",
                        "401"
                    );
                    await RequestAsync(
                        $"GET {path} with a key of one's own",
                        http,
                        $"GET {path} HTTP/1.1\r\nHost: {http.Authority}\r\nAuthorization: Bearer {Convert.ToHexString(Guid.NewGuid().ToByteArray())}\r\nConnection: close\r\n\r\n",
                        "401",
                        "429"
                    );
                }

                // The page itself is no secret: what it shows it asks for, with a key.
                await RequestAsync(
                    "GET / but for the page",
                    http,
                    $"GET / HTTP/1.1\r\nHost: {http.Authority}\r\nConnection: close\r\n\r\n",
                    "200"
                );
                await RequestAsync(
                    "a page of another site",
                    http,
                    "GET /readyz HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n",
                    "400"
                );
                await TryAsync(
                    "details of /readyz",
                    async () =>
                        (
                            await SayAsync(http.Port, $"GET /readyz HTTP/1.1\r\nHost: {http.Authority}\r\nConnection: close\r\n\r\n")
                        ).Contains(silo.Silo!, StringComparison.Ordinal)
                );
            }
        }

        Task RequestAsync(string what, Uri http, string request, params string[] refusals) =>
            TryAsync(
                $"{what} at {http.Authority}",
                async () =>
                {
                    string answer = await SayAsync(http.Port, request);
                    return !refusals.Any(status => answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal));
                }
            );

        async Task ClientsAsync()
        {
            ClusterFileProcess silo = file.Silos[0];
            string siloPort = silo.Silo!.Split('@')[0];
            foreach (
                (string what, string endPoint, string? secret) in ((string, string, string?)[])
                    [
                        ("no secret, gateway", silo.Gateway!, null),
                        ("another secret, gateway", silo.Gateway!, ClusterSecret.Create()),
                        ("no secret, silo port", siloPort, null),
                        ("the client's form, silo port", siloPort, file.Secret),
                    ]
            )
            {
                await TryAsync(
                    $"an Orleans client, {what}",
                    async () =>
                    {
                        await using ForgingClient? client = await ForgingClient.ConnectAsync(
                            endPoint,
                            file.ClusterId,
                            file.ServiceId,
                            secret
                        );
                        return client is not null;
                    }
                );
            }
        }

        async Task StoreAsync()
        {
            // Its password is in the owner's file with the address.
            string[] store = file.Redis.Split(',');
            if (!store.Any(option => option.StartsWith("password=", StringComparison.Ordinal)))
            {
                run.Noted("F88: the store", "left out: it asks nobody for a password");
                return;
            }

            int port = int.Parse(store[0].Split(':')[1], s_invariant);
            foreach (string command in (string[])["PING", "KEYS *", "AUTH wrong", "FLUSHALL", "CONFIG GET *", "SHUTDOWN", "EVAL return 0"])
            {
                await TryAsync(
                    $"store: {command}",
                    async () => await SayAsync(port, RequestOf(command.Split(' '))) is { Length: > 0 } answer && !answer.StartsWith('-')
                );
            }

            static string RequestOf(string[] words) =>
                $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
        }

        async Task FilesAsync()
        {
            bool all = file.Redis.Contains("password=", StringComparison.Ordinal);
            string[] secrets = [Path.Combine(cluster.Directory, "cluster.json"), Path.Combine(cluster.Directory, "secret")];
            Assert.All(secrets, secret => Assert.True(File.Exists(secret), secret));
            foreach (string path in all ? Directory.EnumerateFiles(cluster.Directory, "*", SearchOption.AllDirectories).Take(100) : secrets)
            {
                await TryAsync(
                    $"reading {Path.GetRelativePath(cluster.Directory, path)}",
                    async () =>
                    {
                        await using RunningProgram cat = stranger.Bash($"head -c 1 '{path}' >/dev/null");
                        return await cat.ExitCodeAsync() == 0;
                    }
                );
            }

            if (all)
                await TryAsync(
                    "listing the folder",
                    async () =>
                    {
                        await using RunningProgram ls = stranger.Bash($"ls '{cluster.Directory}'");
                        return await ls.ExitCodeAsync() == 0;
                    }
                );
        }

        // What everybody may see of processes, and what only the owner of their children would.
        async Task SecretsAsync()
        {
            string[] secrets = [file.Key, file.Secret, (await File.ReadAllTextAsync(Path.Combine(cluster.Directory, "secret"))).Trim()];
            foreach (ClusterFileProcess process in file.Processes)
            {
                string shown =
                    await File.ReadAllTextAsync($"/proc/{process.Pid}/cmdline")
                    + await File.ReadAllTextAsync($"/proc/{process.Pid}/environ");
                await TryAsync(
                    $"a secret in what {process.Role} {process.Pid} was started with",
                    () => Task.FromResult(secrets.Any(secret => shown.Contains(secret, StringComparison.Ordinal)))
                );
            }

            string logs = string.Concat(cluster.Logs.Select(log => log.Text));
            await TryAsync(
                "a secret in a log",
                () => Task.FromResult(secrets.Any(secret => logs.Contains(secret, StringComparison.Ordinal)))
            );
        }

        async Task<string> SayAsync(int port, string words)
        {
            string escaped = string.Concat(Encoding.Latin1.GetBytes(words).Select(b => string.Create(s_invariant, $"\\x{b:x2}")));
            await using RunningProgram bash = stranger.Bash(
                string.Create(s_invariant, $"exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{escaped}' >&3 && timeout 5 head -c 2000 <&3")
            );
            await bash.ExitCodeAsync();
            return bash.Output;
        }
    }

    /// <summary>F89: a client with the client's form of the secret and this product's interfaces forges what silos say to each other.</summary>
    public static async Task ForgedCallsAsync(FaultRun run)
    {
        FaultCluster cluster = await run.ClusterAsync(2);
        RecordedJob job = await run.SubmitAsync(cluster, units: 300, milliseconds: 40);
        await job.DoneAsync(10);
        string secret = ClusterSecret.Parse(cluster.Access.Secret).ClientForm;
        await using ForgingClient? forger = await ForgingClient.ConnectAsync(
            cluster.Silos[0].Gateway,
            cluster.ClusterId,
            cluster.ClusterId,
            secret
        );
        Assert.NotNull(forger);
        IClusterClient client = forger.Client;
        SiloAddress silo = SiloAddress.FromParsableString(cluster.Silos[0].Address);
        IWorkerGrain worker = client.GetGrain<IWorkerGrain>(Keys.Worker(silo, 0));
        IJobGrain grain = client.GetGrain<IJobGrain>(job.Id);
        ICatalogShardGrain shard = client.GetGrain<ICatalogShardGrain>(Keys.CatalogShard(job.Id));
        IManagementGrain management = client.GetGrain<IManagementGrain>(0);
        SiloLoad load = new(long.MaxValue, default, default, 0, 0, true, 0, 0, 0);
        (string What, Func<Task> Call)[] calls =
        [
            ("adopt", () => worker.AdoptAsync(new AdoptRequest(job.Id, 1, int.MaxValue, silo)).AsTask()),
            ("run", () => worker.RunAsync(new LeaseBatch(job.Id, 1, 1, silo, 5, 100, false, [new Lease(1, 0, 300, 50_000, 1)])).AsTask()),
            (
                "control",
                () =>
                    worker
                        .ControlAsync(new ControlRequest(job.Id, 1, int.MaxValue, LeaseSignal.Cancel, [new LeaseName(1, 1)], true))
                        .AsTask()
            ),
            ("clear", () => worker.ClearAsync(new ClearRequest(job.Id, 1, int.MaxValue)).AsTask()),
            ("drain a worker", () => worker.DrainAsync(true).AsTask()),
            ("echo", () => worker.EchoAsync(new LeaseBatch(job.Id, 1, 1, silo, 5, 100, false, [])).AsTask()),
            ("report", () => grain.ReportAsync(new ReportBatch(job.Id, 1, silo, 1, load, []))),
            ("description", () => grain.GetDescriptionAsync(1)),
            ("ensure running", grain.EnsureRunningAsync),
            ("close", () => shard.CloseAsync(null!)),
            ("close as corrupt", () => shard.CloseCorruptAsync(job.Id, "forged")),
            ("remove", () => shard.RemoveAsync(job.Id, 1, 0)),
            ("open", () => shard.OpenAsync(null!)),
            ("recorded", () => shard.RecordedAsync(job.Id)),
            ("prioritize", () => shard.PrioritizeAsync(job.Id, 9)),
            ("start again", () => shard.StartAgainAsync(job.Id)),
            ("list", () => shard.ListAsync(null!)),
            ("count", () => shard.CountAsync()),
            ("scan", shard.ScanAsync),
            ("silos by Orleans", () => management.GetHosts()),
            ("garbage collection", () => management.ForceGarbageCollection([silo])),
            ("deactivations", () => management.ForceActivationCollection(TimeSpan.Zero)),
        ];
        await grain.NoteAsync(null!);
        List<string> accepted = [];
        List<string> unclear = [];
        foreach ((string what, Func<Task> call) in calls)
        {
            try
            {
                await call();
                accepted.Add(what);
            }
            catch (CallRefusedException)
            {
                // As it must be.
            }
            catch (Exception exception)
            {
                unclear.Add($"{what}: {exception.GetType().Name}");
            }
        }

        await run.CheckAsync();
        run.Measured("F89: forged calls accepted", accepted.Count, 0, "");
        run.Holds(
            "F89: forged calls refused readably",
            $"{calls.Length - accepted.Count - unclear.Count} of {calls.Length}{string.Concat(unclear.Select(u => "; " + u))}",
            unclear.Count == 0
        );
        int warnings = cluster.Silos.Sum(s =>
            s.Log.Split('\n').Count(line => line.Contains("which is for silos only, and was refused", StringComparison.Ordinal))
        );
        run.Holds("F89: the log names it, and is not filled with it", $"{warnings} lines", warnings is >= 1 and <= 6);
        bool draining = (await cluster.Client.ListSilosAsync()).Any(s => s.State != "active");
        run.Holds("F89: no silo drains", draining ? "one does" : "none", !draining);
    }

    private static string FirstLine(string text)
    {
        string line = text.Trim().Split('\n')[0];
        return line.Length > 90 ? line[..90] + "…" : line;
    }
}
