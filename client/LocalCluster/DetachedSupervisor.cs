using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A supervisor in a process of its own that outlives the console which started it (<c>up --detach</c>).</summary>
internal static class DetachedSupervisor
{
    /// <summary>The console's hidden command.</summary>
    public const string Command = "supervise";

    private const string ReadyPrefix = "ready";
    private const string FailedPrefix = "failed ";

    /// <summary>Starts the supervisor and returns when every silo is ready.</summary>
    /// <param name="options">What to start; <see cref="LocalClusterOptions.DataDirectory"/> must be set.</param>
    /// <param name="log">Takes what the supervisor says until then; later it writes to logs/supervisor.log in the data folder.</param>
    /// <param name="cancellationToken">Gives up and ends what was started.</param>
    /// <exception cref="LocalClusterException">As <see cref="ClusterSupervisor.StartAsync"/>.</exception>
    public static async Task<ClusterDescription> StartAsync(
        LocalClusterOptions options,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        options.Validate();
        string directory = Path.GetFullPath(
            options.DataDirectory ?? throw new ArgumentException("A detached cluster needs a data folder.", nameof(options))
        );
        options = options with { DataDirectory = directory, Jobs = [.. options.Jobs.Select(Path.GetFullPath)] };
        ProcessStartInfo start = Programs.Self(Command, "--data", directory);

        // Pipes, not the terminal's streams: whoever waits for those to close must not wait for the cluster.
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using Process supervisor = Process.Start(start)!;
        try
        {
            await supervisor.StandardInput.WriteLineAsync(JsonSerializer.Serialize(options, LineJson.Default.LocalClusterOptions));
            await supervisor.StandardInput.FlushAsync(cancellationToken);
            while (await supervisor.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line == ReadyPrefix)
                    return ClusterDescription.Read(directory)
                        ?? throw new LocalClusterException(3, $"{directory} has no {ClusterDescription.FileName}.");
                if (line.StartsWith(FailedPrefix, StringComparison.Ordinal))
                {
                    // The rest, however many lines, is the message.
                    string rest = await supervisor.StandardOutput.ReadToEndAsync(cancellationToken);
                    string[] parts = (line[FailedPrefix.Length..] + Environment.NewLine + rest).Split(' ', 2);
                    throw new LocalClusterException(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1].TrimEnd());
                }

                await log.WriteLineAsync(line);
            }

            string errors = await supervisor.StandardError.ReadToEndAsync(cancellationToken);
            throw new LocalClusterException(3, $"The supervisor ended before the cluster was ready. {errors}".TrimEnd());
        }
        catch (OperationCanceledException)
        {
            supervisor.Kill();
            throw;
        }
    }

    /// <summary>Is the supervisor: reads its options from standard input, starts the cluster, and runs until <c>down</c> or SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync()
    {
        NativeMethods.LeaveTerminal();
        string? json = await System.Console.In.ReadLineAsync();
        LocalClusterOptions? options = json is null ? null : JsonSerializer.Deserialize(json, LineJson.Default.LocalClusterOptions);
        if (options?.DataDirectory is not { } directory)
            return 2;
        using CancellationTokenSource ended = new();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => c.Cancel = true);
        string logPath = Path.Combine(directory, "logs", "supervisor.log");
        await using DetachedLog log = new(logPath);
        try
        {
            await using ClusterSupervisor cluster = await ClusterSupervisor.StartAsync(options, log, ended.Token, logPath);
            await log.WriteLineAsync(
                $"{options.Silos} {(options.Silos == 1 ? "silo" : "silos")} ready in {cluster.StartedIn.TotalSeconds:0.0} s"
            );
            log.Detach();
            await System.Console.Out.WriteLineAsync(ReadyPrefix);
            await Task.WhenAny(cluster.Ended, Task.Delay(Timeout.InfiniteTimeSpan, ended.Token));
            if (cluster.Ended.IsFaulted)
                await log.WriteLineAsync($"The cluster stops. {cluster.Ended.Exception.InnerException!.Message}");
            await cluster.StopAsync();
            await cluster.Ended.ConfigureAwait(
                ended.IsCancellationRequested ? ConfigureAwaitOptions.SuppressThrowing : ConfigureAwaitOptions.None
            );
            return 0;
        }
        catch (LocalClusterException exception)
        {
            await System.Console.Out.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{FailedPrefix}{exception.ExitCode} {exception.Message}")
            );
            return exception.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ended.Cancel();
        }
    }
}
