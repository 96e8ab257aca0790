using OrleansWork.Protocol;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <summary>The work of one class on this silo: what computes on slots, or what waits on permits.</summary>
internal sealed class WorkClass(int slots, string name, TimeSpan queueLimit)
{
    private readonly Stack<int> _freePermits = new();
    private int _permits;
    private int _queued;
    private long _startedMicros;
    private long _busyMicros;

    public string Name { get; } = name;
    public AdmissionControl Admission { get; } = new(slots, (long)queueLimit.TotalMicroseconds);
    public FairQueue<LeaseWork> Queue { get; } = new();
    public int Slots { get; set; } = slots;
    public int Running { get; private set; }

    /// <summary>Gets or sets how many of its slots were given up since the start.</summary>
    public int Lost { get; set; }

    /// <summary>Gets or sets how many leases wait for a slot or permit; slots read it without the lock before they park.</summary>
    public int Queued
    {
        get => Volatile.Read(ref _queued);
        set => Volatile.Write(ref _queued, value);
    }

    /// <summary>Gets or sets how many admitted leases wait for their job to be prepared.</summary>
    public int Preparing { get; set; }

    public ClassLoad Load(long nowMicros) =>
        new(Slots, Running, Queued + Preparing, Admission.Depth(nowMicros))
        {
            BusyMicros = _busyMicros + (Running * nowMicros) - _startedMicros,
        };

    /// <summary>Counts a lease that gets its slot or permit.</summary>
    public void Begin(long nowMicros)
    {
        Running++;
        _startedMicros += nowMicros;
    }

    /// <summary>Counts a lease from now on that had its slot and only waited.</summary>
    public void BeginLater(long beganMicros, long nowMicros) => _startedMicros += nowMicros - beganMicros;

    /// <summary>Counts a lease that leaves its slot or permit.</summary>
    public void Leave(long startedMicros, long usedMicros)
    {
        Running--;
        _startedMicros -= startedMicros;
        _busyMicros += usedMicros;
    }

    /// <summary>Takes the number of a permit that nobody has.</summary>
    public int TakePermit() => _freePermits.TryPop(out int free) ? free : _permits++;

    /// <summary>Gives a permit's number back.</summary>
    public void ReturnPermit(int number) => _freePermits.Push(number);
}
