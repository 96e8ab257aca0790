using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>A machine of one-unit leases under a test's hand: it says what happens, and asks what was commanded since it asked last.</summary>
internal sealed class MachineBench
{
    private readonly List<JobCommand> _commands = [];
    private readonly Dictionary<long, UnitRange> _ranges = [];
    private int _epoch = 1;

    public MachineBench(JobMachineOptions options, long units, params string[] silos)
    {
        Options = options;
        Machine = new JobMachine(options, _epoch, now: Now);
        Happens([new Decomposed(units), new Started()]);
        Join(silos);
    }

    public JobMachineOptions Options { get; }

    public JobMachine Machine { get; private set; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(100);

    public JobFailure? Failure { get; private set; }

    /// <summary>Gets the snapshot that was stored last because the machine asked for it.</summary>
    public JobSnapshot? Stored { get; private set; }

    public void Join(params string[] silos) => Happens([.. silos.Select(silo => new SiloChanged(silo, 1, Takes: true, 0, 0, Heard: true))]);

    public void Happens(params JobEvent[] events)
    {
        Machine.Apply(events, Now, _commands);
        Machine.CheckInvariants();
        Machine.CheckAccount();
    }

    /// <summary>Lets time pass, in which the silos still say what they hold.</summary>
    public void Wait(TimeSpan time)
    {
        Now += time;
        Happens(new TimerFired(TimeSpan.Zero));
    }

    /// <summary>Takes the commands of a kind that came since the last call; the rest is forgotten.</summary>
    public T[] Take<T>()
        where T : JobCommand
    {
        foreach (JobCommand command in _commands)
        {
            if (command is GrantLease lease)
                _ranges[lease.Number] = lease.Range;
            if (command is EndJob end)
                Failure = end.Failure;
        }

        T[] taken = [.. _commands.OfType<T>()];
        _commands.Clear();
        return taken;
    }

    /// <summary>Returns the commands of a kind that nobody has taken yet.</summary>
    public IEnumerable<T> Peek<T>()
        where T : JobCommand => _commands.OfType<T>();

    public GrantLease[] Granted() => Take<GrantLease>();

    /// <summary>Stores what the machine asks to be stored, clears silos for it, and returns what it grants then.</summary>
    public GrantLease[] StoreAndTakeGrants()
    {
        List<GrantLease> granted = [];
        while (true)
        {
            StoreSuspects? store = _commands.OfType<StoreSuspects>().LastOrDefault();
            bool isReachAsked = _commands.OfType<StoreReach>().Any();
            ClearSilo[] clears = [.. _commands.OfType<ClearSilo>()];
            GrantLease[] taken = Granted();
            granted.AddRange(taken);
            GrantLease[] lone = Begins ? [.. taken.Where(lease => lease.Alone)] : [];
            if (store is null && !isReachAsked && clears.Length == 0 && lone.Length == 0)
                return [.. granted];
            foreach (GrantLease lease in lone)
                AsksToBegin(lease);
            foreach (ClearSilo clear in clears)
                Happens(new SiloCleared(clear.Silo, IsClear: true));
            if (store is not null || isReachAsked)
                Stores();
        }
    }

    /// <summary>Stores a snapshot.</summary>
    public void Stores()
    {
        Stored = Machine.Snapshot();
        Happens(new SnapshotStored(Machine.SuspectsVersion, Stored.LeasedTo));
    }

    /// <summary>Gets or sets whether silos begin lone canaries as soon as they have them.</summary>
    public bool Begins { get; set; } = true;

    public void AsksToBegin(GrantLease lease) => Happens(new BeginAsked(lease.Silo, new LeaseName(_epoch, lease.Number)));

    public void Done(GrantLease lease, string? silo = null) => Done(silo ?? lease.Silo, lease.Number, lease.Range);

    public void Done(string silo, long number, UnitRange range, TimeSpan? busy = null) =>
        Happens(
            new LeaseReported(
                silo,
                new LeaseName(_epoch, number),
                LeaseOutcome.Done,
                range,
                [.. TreeNode.Cover(range, Machine.UnitCount).Select(node => (node, Machine.NewHandle()))],
                null,
                busy ?? TimeSpan.FromMilliseconds(10),
                TimeSpan.FromMicroseconds(100),
                Share: 0
            )
        );

    public void Fails(GrantLease lease, bool permanent = false, long? unit = null, string type = "Bad") =>
        Happens(
            new LeaseReported(
                lease.Silo,
                new LeaseName(_epoch, lease.Number),
                LeaseOutcome.Done,
                new UnitRange(lease.Range.From, lease.Range.From),
                [],
                new FailureRecord(unit, type, "bad", null, permanent),
                TimeSpan.FromMilliseconds(10),
                null,
                Share: 0
            )
        );

    /// <summary>Lets a silo say that it runs these leases, each at a unit.</summary>
    public void Beats(string silo, params (GrantLease Lease, long At, TimeSpan Running)[] held) =>
        Happens(
            new HeartbeatReceived(
                silo,
                [
                    .. held.Select(h => new HeldRange(new LeaseName(_epoch, h.Lease.Number), h.Lease.Range, Started: true, h.At, h.Running)
                    {
                        Alone = h.Lease.Alone,
                    }),
                ]
            )
        );

    /// <summary>The coordinator dies and another takes over what was stored last.</summary>
    public void Restart(JobSnapshot stored, string? died, params string[] alive) => Restart(stored, died, known: [], alive);

    /// <summary>The coordinator dies and another takes over what was stored last, on a silo that knows of these deaths.</summary>
    public void Restart(JobSnapshot stored, string? died, SiloLost[] known, params string[] alive)
    {
        _commands.Clear();
        // A new coordinator stores what it makes of the deaths before it does anything.
        Stored = stored.After(died is not null, silo => alive.Contains(silo)).Begun(Options.ChunkUnits ?? 1);
        Machine = new JobMachine(Options with { MayLeaseTo = Stored.MayLeaseTo }, ++_epoch, Stored, Now);
        Happens([.. known, new Started(), .. alive.Select(silo => new SiloChanged(silo, 1, Takes: true, 0, 0, Heard: true))]);
    }
}
