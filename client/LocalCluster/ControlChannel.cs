using System.IO.Pipes;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWork.Console.LocalCluster;

/// <summary>How another console asks a supervisor to stop: one line over a pipe that only the same user may open.</summary>
internal sealed class ControlChannel : IAsyncDisposable
{
    /// <summary>The pipe's name in the data folder, where pipes are files.</summary>
    public const string FileName = "control.sock";

    private const string StopRequest = "stop";
    private const string Accepted = "ok";

    // The longest path of a Unix domain socket that every system takes.
    private const int LongestSocketPath = 100;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly Task _serving;

    /// <summary>Opens the channel of a data folder.</summary>
    public ControlChannel(string dataDirectory)
    {
        _name = NameFor(dataDirectory);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Gets a task that completes when someone asked to stop.</summary>
    public Task StopRequested => _stopRequested.Task;

    /// <summary>Asks the supervisor of a data folder to stop.</summary>
    /// <returns>Whether it took the request.</returns>
    public static async Task<bool> RequestStopAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        try
        {
            await using NamedPipeClientStream pipe = new(
                ".",
                NameFor(dataDirectory),
                PipeDirection.InOut,
                PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
            );
            await pipe.ConnectAsync(TimeSpan.FromSeconds(3), cancellationToken).ConfigureAwait(false);
            await using StreamWriter writer = new(pipe, leaveOpen: true) { AutoFlush = true };
            using StreamReader reader = new(pipe, leaveOpen: true);
            await writer.WriteLineAsync(StopRequest.AsMemory(), cancellationToken).ConfigureAwait(false);
            return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) == Accepted;
        }
        catch (Exception e) when (e is IOException or TimeoutException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        _closing.Dispose();
    }

    private static string NameFor(string dataDirectory)
    {
        string full = Path.GetFullPath(dataDirectory);
        string inside = Path.Combine(full, FileName);
        if (!OperatingSystem.IsWindows() && inside.Length <= LongestSocketPath)
            return inside;
        return "orleanswork-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..16];
    }

    private async Task ServeAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await using NamedPipeServerStream pipe = new(
                    _name,
                    PipeDirection.InOut,
                    NamedPipeServerStream.MaxAllowedServerInstances,
                    PipeTransmissionMode.Byte,
                    PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
                );
                await pipe.WaitForConnectionAsync(_closing.Token).ConfigureAwait(false);
                using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
                patience.CancelAfter(TimeSpan.FromSeconds(2));
                using StreamReader reader = new(pipe, leaveOpen: true);
                await using StreamWriter writer = new(pipe, leaveOpen: true) { AutoFlush = true };
                bool stop = await reader.ReadLineAsync(patience.Token).ConfigureAwait(false) == StopRequest;
                await writer.WriteLineAsync((stop ? Accepted : "unknown").AsMemory(), patience.Token).ConfigureAwait(false);
                if (stop)
                    _stopRequested.TrySetResult();
            }
            catch (OperationCanceledException)
            {
                // Closing, or a caller that said nothing.
            }
            catch (IOException)
            {
                // The caller went away.
            }
        }
    }
}
