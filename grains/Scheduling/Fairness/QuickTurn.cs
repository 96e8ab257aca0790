using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Scheduling.Fairness;

/// <summary>Whether leases of one job may run on its silo in the turn that brings them, without the hop to a slot: to wake a slot's thread takes longer than
/// units of microseconds do.</summary>
/// <remarks>Learns how long units take; off for good at the first surprise. One thread changes it at a time, others may read.</remarks>
internal sealed class QuickTurn
{
    /// <summary>How many units are to have run before their mean counts.</summary>
    public const int AfterUnits = 100;

    /// <summary>A lease that ran for longer in a turn was the last one that did.</summary>
    public static readonly TimeSpan Surprise = TimeSpan.FromMilliseconds(1);

    private const double Weight = 0.25;
    private double _nanosPerUnit = double.NaN;
    private long _unitsSeen;
    private bool _isOff;

    /// <summary>Gets the recent mean time of a unit in nanoseconds; NaN before the first.</summary>
    public double NanosPerUnit => Volatile.Read(ref _nanosPerUnit);

    /// <summary>Gets whether there was no surprise yet.</summary>
    public bool IsOn => !Volatile.Read(ref _isOff);

    /// <summary>Learns how long units took.</summary>
    /// <param name="units">How many.</param>
    /// <param name="nanos">How long they took together.</param>
    public void Observe(long units, double nanos)
    {
        if (units <= 0)
            return;
        double each = nanos / units;
        double mean = NanosPerUnit;
        Volatile.Write(ref _nanosPerUnit, double.IsNaN(mean) ? each : mean + (each - mean) * Weight);
        Volatile.Write(ref _unitsSeen, Volatile.Read(ref _unitsSeen) + units);
    }

    /// <summary>Says whether leases may run in the turn that brings them.</summary>
    /// <param name="units">How many units they have together.</param>
    public bool MayRun(long units) =>
        IsOn && Volatile.Read(ref _unitsSeen) >= AfterUnits && units * NanosPerUnit < LeaseMerging.QuickBelow.TotalNanoseconds;

    /// <summary>Learns how long a lease ran in a turn.</summary>
    public void Ran(double micros)
    {
        if (micros > Surprise.TotalMicroseconds)
            Volatile.Write(ref _isOff, true);
    }
}
