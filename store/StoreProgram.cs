using System.Diagnostics;
using System.Net.Sockets;
using Garnet.common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansWork.Store.Files;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;

namespace OrleansWork.Store;

/// <summary>A store process from its arguments to its exit code.</summary>
internal static class StoreProgram
{
    /// <summary>How far the clock may be behind that of the last writes; the silos' bound is the same.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>Runs a store until it is to stop.</summary>
    /// <returns>One of <see cref="StoreExit"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (StoreArguments.Read(arguments) is not { } read)
        {
            await Console.Error.WriteLineAsync(
                $"Usage: OrleansWork.Store {StoreArguments.Data} DIR {StoreArguments.PortOption} PORT [{StoreArguments.AcceptLossFlag}] [{StoreArguments.AcceptClockFlag}]"
            );
            return StoreExit.BadArguments;
        }

        PrivateFiles.MakeAllPrivate();
        using StoreLifetime lifetime = new();
        try
        {
            return await HostAsync(read, new StoreFolder(read.DataDirectory), TimeProvider.System, lifetime.Stopping);
        }
        catch (OperationCanceledException)
        {
            return StoreExit.Stopped;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            await Console.Error.WriteLineAsync($"Port {read.Port} is taken on 127.0.0.1.");
            return StoreExit.PortTaken;
        }
        catch (Exception exception)
            when (exception is IOException or InvalidDataException or UnauthorizedAccessException or GarnetException)
        {
            await Console.Error.WriteLineAsync($"The store was not started: {exception.Message}");
            return StoreExit.Failed;
        }
    }

    private static async Task<int> HostAsync(StoreArguments arguments, StoreFolder folder, TimeProvider time, CancellationToken stopping)
    {
        _ = StoreFolder.ReadPassword(folder.PasswordFile);
        long started = Stopwatch.GetTimestamp();
        SealReading read = SealReading.Read(folder);
        if (read.Seal.Time is { } last && time.GetUtcNow() < last - ClockTolerance && !arguments.AcceptClock)
        {
            await Console.Out.WriteLineAsync(StoreMessages.WriteClock(last));
            return StoreExit.ClockBehind;
        }

        StoreCheck found = StoreCheck.Run(folder, read.Seal, read.Mark);
        string? problem = read.Problem ?? found.SealProblem;
        if (problem is not null || found.Damage.Count > 0)
        {
            StoreDamage damage = problem is null
                ? StoreRepair.Describe(found, read.Seal)
                : StoreRepair.DescribeUnsealed(found, problem, read.Mark);
            if (!arguments.AcceptLoss)
            {
                await SayAsync(damage);
                return StoreExit.Damaged;
            }

            IReadOnlyList<string> kept =
            [
                .. found.Damage.Count > 0 ? StoreRepair.Cut(folder, found, time) : [],
                .. problem is not null ? KeepSeal(folder, time) : [],
            ];
            await SayAsync(damage with { KeptAs = kept });
            found = StoreCheck.Run(folder, new Seal { Generation = found.Generation });
        }

        TimeSpan checking = Stopwatch.GetElapsedTime(started);
        using ILoggerFactory logging = LoggerFactory.Create(UseStandardError);
        using StoreServer server = await StoreServer.StartAsync(folder, arguments.Port, found, logging, time, EndAtOnce, stopping);
        await Console.Out.WriteLineAsync(
            StoreMessages.Write(
                new StoreReady(arguments.Port, Environment.ProcessId, found.Committed, Math.Round(checking.TotalMilliseconds, 1))
            )
        );
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return StoreExit.Stopped;
    }

    private static async Task SayAsync(StoreDamage damage)
    {
        foreach (string line in StoreMessages.Write(damage))
            await Console.Out.WriteLineAsync(line);
    }

    private static List<string> KeepSeal(StoreFolder folder, TimeProvider time)
    {
        if (!File.Exists(folder.Seal))
            return [];
        string aside = StoreFolder.Aside(folder.Seal, time.GetUtcNow());
        File.Move(folder.Seal, aside);
        return [aside];
    }

    // What cannot be sealed must not be acknowledged; a new process finds out what is in the files.
    private static void EndAtOnce(Exception failure)
    {
        Console.Error.WriteLine($"The store ends, because what is written cannot be sealed: {failure.Message}");
        Console.Error.Flush();
        Environment.Exit(StoreExit.Failed);
    }

    private static void UseStandardError(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            o.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
