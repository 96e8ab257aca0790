using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansWork.Store;

/// <summary>Ends a store in order when its standard input closes, because then its supervisor is gone or wants it so, and at SIGTERM.</summary>
/// <remarks>Ctrl-C and a terminal that closes reach every process in it; the supervisor alone decides what follows.</remarks>
internal sealed class StoreLifetime : IDisposable
{
    // All that was acknowledged is in the files, so that the hard way costs nothing but the time of the next start.
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(4);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private Timer? _hardStop;

    /// <summary>Starts to watch.</summary>
    public StoreLifetime()
    {
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => c.Cancel = true));
        _signals.Add(
            PosixSignalRegistration.Create(
                PosixSignal.SIGTERM,
                c =>
                {
                    c.Cancel = true;
                    Stop();
                }
            )
        );
        new Thread(Watch) { IsBackground = true, Name = "stdin" }.Start();
    }

    /// <summary>Gets a token that is cancelled when the store is to stop.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <inheritdoc/>
    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void Watch()
    {
        using Stream input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        try
        {
            while (input.Read(buffer) > 0)
            {
                // Nothing is said to a store.
            }
        }
        catch (IOException)
        {
            // A broken pipe is a closed one.
        }

        Stop();
    }

    private void Stop()
    {
        _hardStop ??= new Timer(_ => Process.GetCurrentProcess().Kill(), null, StopBound, Timeout.InfiniteTimeSpan);
        _stopping.Cancel();
    }
}
