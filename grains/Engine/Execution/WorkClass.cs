using OrleansWork.Protocol;
using OrleansWork.Scheduling.Fairness;

namespace OrleansWork.Engine.Execution;

/// <summary>The work of one class on this silo: what computes on slots, or what waits on permits.</summary>
internal sealed class WorkClass(int slots, string name, TimeSpan queueLimit)
{
    private int _queued;

    public string Name { get; } = name;
    public AdmissionControl Admission { get; } = new(slots, (long)queueLimit.TotalMicroseconds);
    public FairQueue<LeaseWork> Queue { get; } = new();
    public int Slots { get; set; } = slots;
    public int Running { get; set; }

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

    public ClassLoad Load(long nowMicros) => new(Slots, Running, Queued + Preparing, Admission.Depth(nowMicros));
}
