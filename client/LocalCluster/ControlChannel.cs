using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OrleansWork.Console.LocalCluster;

/// <summary>How another console asks something of a supervisor: lines over a pipe that only the same user may open.</summary>
internal sealed class ControlChannel : IAsyncDisposable
{
    /// <summary>The pipe's name in the data folder, where pipes are files.</summary>
    public const string FileName = "control.sock";

    private const string StopRequest = "stop";
    private const string ScaleRequest = "scale ";
    private const string Accepted = "ok";
    private const string SaysPrefix = "says ";
    private const string FailedPrefix = "failed ";

    // The longest path of a Unix domain socket that every system takes.
    private const int LongestSocketPath = 100;

    // A supervisor that does not answer such a short question hangs.
    private static readonly TimeSpan AnswerBound = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<ClusterSize, TextWriter, CancellationToken, Task> _scale;
    private readonly string _name;
    private readonly Task _serving;

    /// <summary>Opens the channel of a data folder.</summary>
    /// <param name="dataDirectory">The data folder.</param>
    /// <param name="scale">Brings the cluster to another size, telling the writer how it goes.</param>
    public ControlChannel(string dataDirectory, Func<ClusterSize, TextWriter, CancellationToken, Task> scale)
    {
        (_name, _scale) = (NameFor(dataDirectory), scale);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Gets a task that completes when someone asked to stop.</summary>
    public Task StopRequested => _stopRequested.Task;

    /// <summary>Gets a token that is cancelled when someone asked to stop.</summary>
    public CancellationToken StopToken => _stopping.Token;

    /// <summary>Asks the supervisor of a data folder to stop.</summary>
    /// <returns>Whether it took the request; null when it is another user's.</returns>
    public static async Task<bool?> RequestStopAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerBound);
        try
        {
            await using NamedPipeClientStream pipe = await ConnectAsync(dataDirectory, patience.Token);
            using StreamReader reader = new(pipe, leaveOpen: true);
            await WriteLineAsync(pipe, StopRequest, patience.Token);
            return await reader.ReadLineAsync(patience.Token) == Accepted;
        }
        catch (Exception exception)
            when (exception is UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            return null;
        }
        catch (Exception exception)
            when (exception is IOException or TimeoutException or SocketException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return false;
        }
    }

    /// <summary>Asks the supervisor of a data folder for another number of silos, and waits until they are there or gone.</summary>
    /// <param name="dataDirectory">The data folder.</param>
    /// <param name="size">The size.</param>
    /// <param name="log">Takes what the supervisor says meanwhile.</param>
    /// <param name="cancellationToken">Ends the waiting; the supervisor goes on.</param>
    /// <exception cref="LocalClusterException">It did not come to that, or the supervisor does not answer.</exception>
    public static async Task RequestScaleAsync(string dataDirectory, ClusterSize size, TextWriter log, CancellationToken cancellationToken)
    {
        try
        {
            await using NamedPipeClientStream pipe = await ConnectAsync(dataDirectory, cancellationToken);
            using StreamReader reader = new(pipe, leaveOpen: true);
            string request = ScaleRequest + JsonSerializer.Serialize(size, LineJson.Default.ClusterSize);
            await WriteLineAsync(pipe, request, cancellationToken);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line == Accepted)
                    return;
                if (line.StartsWith(SaysPrefix, StringComparison.Ordinal))
                    await log.WriteLineAsync(line[SaysPrefix.Length..]);
                else if (line.StartsWith(FailedPrefix, StringComparison.Ordinal))
                    throw FailureOf(line[FailedPrefix.Length..]);
            }

            throw new LocalClusterException(3, $"The supervisor of {dataDirectory} ended before the cluster had {size.Silos} silos.");
        }
        catch (Exception exception)
            when (exception is UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw new LocalClusterException(
                5,
                $"{dataDirectory} belongs to another user; only its owner may change the size of a cluster there."
            );
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or SocketException)
        {
            throw new LocalClusterException(
                3,
                $"The supervisor of {dataDirectory} does not answer ({exception.Message}); it may be starting or stopping. Try again."
            );
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _closing.Dispose();
        _stopping.Dispose();
    }

    private static async Task<NamedPipeClientStream> ConnectAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        NamedPipeClientStream pipe = new(
            ".",
            NameFor(dataDirectory),
            PipeDirection.InOut,
            PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
        );
        try
        {
            await pipe.ConnectAsync(TimeSpan.FromSeconds(3), cancellationToken);
            return pipe;
        }
        catch
        {
            await pipe.DisposeAsync();
            throw;
        }
    }

    private static string NameFor(string dataDirectory)
    {
        string full = Path.GetFullPath(dataDirectory);
        string inside = Path.Combine(full, FileName);
        if (!OperatingSystem.IsWindows() && inside.Length <= LongestSocketPath)
            return inside;
        return "orleanswork-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..16];
    }

    private static async Task WriteLineAsync(Stream pipe, string line, CancellationToken cancellationToken)
    {
        await pipe.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);
        await pipe.FlushAsync(cancellationToken);
    }

    /// <summary>The exit code and the message, as JSON because it may have several lines.</summary>
    private static string TextOf(LocalClusterException failure) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{FailedPrefix}{failure.ExitCode} {JsonSerializer.Serialize(failure.Message, LineJson.Default.String)}"
        );

    private static LocalClusterException FailureOf(string text)
    {
        string[] parts = text.Split(' ', 2);
        return new LocalClusterException(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            JsonSerializer.Deserialize(parts[1], LineJson.Default.String)!
        );
    }

    private async Task ServeAsync()
    {
        List<Task> callers = [];
        while (!_closing.IsCancellationRequested)
        {
            NamedPipeServerStream? pipe = null;
            try
            {
                pipe = new NamedPipeServerStream(
                    _name,
                    PipeDirection.InOut,
                    NamedPipeServerStream.MaxAllowedServerInstances,
                    PipeTransmissionMode.Byte,
                    PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
                );
                await pipe.WaitForConnectionAsync(_closing.Token);

                // A change of size takes its time; a stop must get through meanwhile.
                callers.RemoveAll(c => c.IsCompleted);
                callers.Add(AnswerAsync(pipe));
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // Closing, or the caller went away.
                if (pipe is not null)
                    await pipe.DisposeAsync();
            }
        }

        await Task.WhenAll(callers);
    }

    private async Task AnswerAsync(NamedPipeServerStream pipe)
    {
        try
        {
            await using (pipe)
            {
                using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
                patience.CancelAfter(TimeSpan.FromSeconds(2));
                using StreamReader reader = new(pipe, leaveOpen: true);
                string? request = await reader.ReadLineAsync(patience.Token);
                if (request == StopRequest)
                {
                    await WriteLineAsync(pipe, Accepted, patience.Token);
                    _stopRequested.TrySetResult();
                    await _stopping.CancelAsync();
                }
                else if (request?.StartsWith(ScaleRequest, StringComparison.Ordinal) == true)
                {
                    await WriteLineAsync(pipe, await ScaleAsync(pipe, request[ScaleRequest.Length..]), _closing.Token);
                }
                else
                {
                    await WriteLineAsync(
                        pipe,
                        TextOf(new LocalClusterException(3, "The supervisor does not know this request; it is of another version.")),
                        patience.Token
                    );
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or JsonException)
        {
            // Closing, a caller that said nothing or went away, or another program's words.
        }
    }

    private async Task<string> ScaleAsync(NamedPipeServerStream pipe, string json)
    {
        ClusterSize size = JsonSerializer.Deserialize(json, LineJson.Default.ClusterSize)!;
        await using CallerLog log = new(pipe);
        try
        {
            await _scale(size, log, _closing.Token);
            return Accepted;
        }
        catch (LocalClusterException exception)
        {
            return TextOf(exception);
        }
    }

    /// <summary>Tells the caller; one that has gone changes nothing.</summary>
    private sealed class CallerLog(NamedPipeServerStream pipe) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => WriteLine(value.ToString());

        [SuppressMessage("Usage", "VSTHRD002", Justification = "A writer may be used synchronously; the wait is bounded by a second.")]
        public override void WriteLine(string? value) => WriteLineAsync(value).GetAwaiter().GetResult();

        public override async Task WriteLineAsync(string? value)
        {
            // One that does not read must not hold the supervisor up.
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(1));
            try
            {
                await ControlChannel.WriteLineAsync(pipe, SaysPrefix + value, patience.Token);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // It does not want to know.
            }
        }
    }
}
