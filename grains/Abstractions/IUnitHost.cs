using Microsoft.Extensions.Logging;
using OrleansWork.Values;

namespace OrleansWork;

internal interface IUnitHost
{
    string JobId { get; }
    ulong Incarnation { get; }
    string Silo { get; }
    ulong Seed { get; }
    CancellationToken CancellationToken { get; }
    ILogger GetLogger(long unit, int attempt);
    void Progress(long unit, double fraction, string? message);

    /// <summary>How large a payload may be unless a silo says otherwise.</summary>
    const int DefaultPayloadBytes = 16 << 20;

    /// <summary>Gets how many values there are from one that is read back to the next; 0 when none is.</summary>
    int ValueCheckInterval => CrossingCheck.DefaultInterval;

    /// <summary>Gets what reads the units' items; null for a kind without.</summary>
    ItemReader? Items => null;

    /// <summary>Takes note of a result that is kept by itself.</summary>
    /// <exception cref="PermanentFailureException">It is larger than a payload may be.</exception>
    void AddOutput(long unit, int bytes) => CheckOutput(unit, bytes, DefaultPayloadBytes);

    /// <summary>Refuses a result that is larger than a payload may be.</summary>
    static void CheckOutput(long unit, int bytes, int limitBytes)
    {
        if (bytes > limitBytes)
            throw new PermanentFailureException(
                FormattableString.Invariant(
                    $"The result of unit {unit} has {bytes / 1048576.0:0.##} MiB > limit {limitBytes / 1048576.0:0.##} MiB (MaxPayloadBytes)."
                )
            );
    }
}
