using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansWork.Silo.Hosting;

/// <summary>Ends a supervised silo: gracefully at a line <c>stop</c> on standard input or at SIGTERM; within two seconds when the pipe
/// closes, because then the supervisor is gone and the store with it. A line <c>drain</c> asks to empty it first.</summary>
/// <remarks>Ctrl-C in a terminal reaches every process in it; the supervisor alone decides what follows, so it is ignored here.</remarks>
internal sealed class StdinLifetime : IHostLifetime, IDisposable
{
    private static readonly TimeSpan GracefulBound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan OrphanedBound = TimeSpan.FromSeconds(2);
    private readonly TextReader _commands;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _drainRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _signals = [];
    private Timer? _hardStop;

    /// <summary>Starts to watch: before the host is built, because a silo that waits for its store must end too.</summary>
    /// <param name="commands">What the supervisor says, from what was standard input when the process began.</param>
    public StdinLifetime(TextReader commands)
    {
        _commands = commands;
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true));
        _signals.Add(
            PosixSignalRegistration.Create(
                PosixSignal.SIGTERM,
                c =>
                {
                    c.Cancel = true;
                    Stop(GracefulBound);
                }
            )
        );
        new Thread(Watch) { IsBackground = true, Name = "stdin" }.Start();
    }

    /// <summary>Gets a token that is cancelled when the silo is to stop.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Gets a task that completes when the silo is to take no new leases.</summary>
    public Task DrainRequested => _drainRequested.Task;

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _signals.ForEach(s => s.Dispose());

    private void Watch()
    {
        try
        {
            while (_commands.ReadLine() is { } line)
            {
                if (line == "stop")
                    Stop(GracefulBound);
                else if (line == "drain")
                    _drainRequested.TrySetResult();
            }
        }
        catch (IOException)
        {
            // A broken pipe is a closed one.
        }

        Stop(OrphanedBound);
    }

    private void Stop(TimeSpan bound)
    {
        // Not Environment.Exit: it waits for handlers that may be what hangs.
        _hardStop = new Timer(_ => Process.GetCurrentProcess().Kill(), null, bound, Timeout.InfiniteTimeSpan);
        _stopping.Cancel();
    }
}
