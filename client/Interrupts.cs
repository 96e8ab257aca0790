using System.Runtime.InteropServices;

namespace OrleansWork.Console;

/// <summary>Ctrl-C, and the signals that ask the same: the first is a request, the second leaves at once.</summary>
internal sealed class Interrupts(Action leave) : IDisposable
{
    private readonly CancellationTokenSource _first = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _count;

    /// <summary>Gets the token that the first Ctrl-C cancels.</summary>
    public CancellationToken Token => _first.Token;

    /// <summary>Gets whether there was one.</summary>
    public bool Requested => _first.IsCancellationRequested;

    /// <summary>Listens to the signals of the process.</summary>
    public void Listen()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        Signal();
                    }
                )
            );
        }
    }

    /// <summary>Counts one more Ctrl-C.</summary>
    public void Signal()
    {
        if (Interlocked.Increment(ref _count) == 1)
            _first.Cancel();
        else
            leave();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _first.Dispose();
    }
}
