using OrleansWork.Scheduling.Estimation;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Tests.Placement;

/// <summary>
/// A cluster in simulated time, as one coordinator sees it: silos with slots and a first-in-first-out queue, reports that carry load and
/// come back when a lease ends, everything in between counted by the coordinator itself.
/// </summary>
internal sealed class ClusterModel
{
    private readonly Silo[] _silos;
    private readonly Random _random;
    private readonly SpeedEstimator _speed = new();
    private readonly PriorityQueue<(int Silo, Lease Lease), TimeSpan> _ends = new();

    public ClusterModel(IReadOnlyList<SiloModel> silos, int seed)
    {
        _random = new(seed);
        _silos = [.. silos.Select(model => new Silo(model))];
        for (int i = 0; i < _silos.Length; i++)
            _speed.SetSlots(i, silos[i].Slots);
    }

    public TimeSpan Now { get; private set; }

    public int[] Leases => [.. _silos.Select(silo => silo.Started)];

    public int Completed { get; private set; }

    /// <summary>Runs leases of one unit each until so many have succeeded, or so many were sent in vain.</summary>
    /// <returns>How long it took.</returns>
    public TimeSpan Run(
        IPlacementPolicy policy,
        int leases,
        double meanSeconds = 0.01,
        int maxInFlight = int.MaxValue,
        bool gate = true,
        int maxSent = 100_000
    )
    {
        TimeSpan begun = Now;
        int goal = Completed + leases;
        int inFlight = 0;
        while (Completed < goal && _silos.Sum(silo => silo.Started) < maxSent)
        {
            while (inFlight < maxInFlight && Completed + inFlight < goal)
            {
                SiloCandidate[] candidates = Candidates(gate);
                int chosen = policy.Choose(
                    candidates,
                    new(goal - Completed - inFlight < 2 * _silos.Sum(silo => silo.Model.Slots), meanSeconds) { SiloCount = _silos.Length }
                );
                if (chosen < 0)
                    break;
                Start(candidates[chosen].Silo, meanSeconds);
                inFlight++;
            }

            End();
            inFlight--;
        }

        return Now - begun;
    }

    private SiloCandidate[] Candidates(bool gate)
    {
        bool succeeds(int silo) => !ErrorGate.IsPast(_silos[silo].Failures, _silos[silo].Errors.Value) && _silos[silo].Succeeded > 0;
        List<SiloCandidate> candidates = [];
        for (int i = 0; i < _silos.Length; i++)
        {
            Silo silo = _silos[i];
            if (silo.InFlight > silo.Model.Slots)
                continue;
            double rif = silo.InFlight / (double)silo.Model.Slots;
            candidates.Add(
                new()
                {
                    Silo = i,
                    Slots = silo.Model.Slots,
                    InFlight = silo.InFlight,
                    LoadIsFresh = Now - silo.Reported <= TimeSpan.FromSeconds(1),
                    LatencySeconds = silo.Latency.Median(rif, Now),
                    Slowness = _speed.Slowness(i),
                    WorkSeconds = silo.Ends.Sum(end => Math.Max((end - Now).TotalSeconds, 0)),
                    Failures = silo.Failures,
                    ErrorRate = silo.Errors.Value,
                    OthersSucceed = gate && Enumerable.Range(0, _silos.Length).Any(other => other != i && succeeds(other)),
                }
            );
        }

        return [.. candidates];
    }

    private void Start(int index, double meanSeconds)
    {
        Silo silo = _silos[index];
        double busy = silo.Model.Fails ? 0.0001 : meanSeconds * silo.Model.Slowness * (0.8 + (0.4 * _random.NextDouble()));
        if (silo.Model.FirstLeaseTakes is { } slow && silo.Started == 0)
            busy = slow;
        int slot = Array.IndexOf(silo.FreeAt, silo.FreeAt.Min());
        TimeSpan start = silo.FreeAt[slot] > Now ? silo.FreeAt[slot] : Now;
        TimeSpan end = start + TimeSpan.FromSeconds(busy);
        silo.FreeAt[slot] = end;
        silo.Ends.Add(end);
        _ends.Enqueue((index, new(Now, end, busy, silo.InFlight / (double)silo.Model.Slots)), end);
        silo.InFlight++;
        silo.Started++;
    }

    private void End()
    {
        (int index, Lease lease) = _ends.Dequeue();
        Silo silo = _silos[index];
        Now = lease.End;
        silo.InFlight--;
        silo.Ends.Remove(lease.End);
        silo.Reported = Now;
        silo.Errors.Observe(silo.Model.Fails ? 1 : 0, Now);
        if (silo.Model.Fails)
        {
            silo.Failures++;
            silo.Latency.Observe(lease.LoadAtStart, lease.Busy, Now);
            _speed.Observe(index, 1, lease.Busy, Now);
            return;
        }

        silo.Succeeded++;
        silo.Latency.Observe(lease.LoadAtStart, (Now - lease.Sent).TotalSeconds, Now);
        _speed.Observe(index, 1, lease.Busy, Now);
        Completed++;
    }

    private readonly record struct Lease(TimeSpan Sent, TimeSpan End, double Busy, double LoadAtStart);

    private sealed class Silo(SiloModel model)
    {
        public SiloModel Model => model;

        public TimeSpan[] FreeAt { get; } = new TimeSpan[model.Slots];

        public List<TimeSpan> Ends { get; } = [];

        public LatencyByLoad Latency { get; } = new();

        public Ewma Errors { get; } = new(TimeSpan.FromSeconds(1), 0);

        public TimeSpan Reported { get; set; }

        public int InFlight { get; set; }

        public int Started { get; set; }

        public int Succeeded { get; set; }

        public int Failures { get; set; }
    }
}

/// <summary>One silo of a <see cref="ClusterModel"/>.</summary>
/// <param name="Slots">Its slots.</param>
/// <param name="Slowness">How many times longer than normal its units take.</param>
/// <param name="Fails">Whether it fails every lease, at once.</param>
/// <param name="FirstLeaseTakes">How long its very first lease takes, in seconds, when that differs.</param>
internal sealed record SiloModel(int Slots = 2, double Slowness = 1, bool Fails = false, double? FirstLeaseTakes = null);
