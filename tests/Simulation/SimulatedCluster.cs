using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Simulation;

/// <summary>
/// Drives the rules of the product by a discrete-event clock: coordinators with <see cref="JobLife"/> and <see cref="JobMachine"/>, silos with admission, fair
/// queues and canary gates, a catalogue with its start queue, membership with its loss watch; lossy messages, deaths, freezes, and storage that fails.
/// </summary>
internal sealed class SimulatedCluster
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromHours(4);
    private static readonly TimeSpan FaultyCeiling = TimeSpan.FromMinutes(30);
    private const int MostAtOnce = 100_000;

    private static readonly TimeSpan BeatPeriod = TimeSpan.FromMilliseconds(250);

    private readonly PriorityQueue<Action, (TimeSpan Time, long Order)> _agenda = new(new Sooner());
    private readonly List<SimulatedSilo> _silos = [];
    private readonly SimulatedJob[] _jobs;
    private readonly LossWatch<string> _losses = new();
    private readonly HashSet<(SimulatedJob Job, long Unit)> _ranAloneAtADeath = [];
    private long _order;
    private int _atOnce;
    private int _deaths;
    private int _nextSilo;
    private TimeSpan _storeIsBackAt;

    /// <summary>Makes a cluster with jobs.</summary>
    /// <param name="jobs">The jobs; what there is of silos and faults says the first.</param>
    public SimulatedCluster(params ReadOnlySpan<Scenario> jobs)
    {
        Plan = jobs[0];
        Random = new Random(Plan.Seed);
        Catalog = new SimulatedCatalog(this);
        for (int i = 0; i < Plan.Silos; i++)
            _silos.Add(NewSilo());
        _jobs = new SimulatedJob[jobs.Length];
        for (int i = 0; i < jobs.Length; i++)
            _jobs[i] = new SimulatedJob(this, jobs[i], $"job-{i}");
    }

    /// <summary>Gets the most leases that a silo ever held at once.</summary>
    public int PeakHeld => _silos.Max(silo => silo.Admission.PeakHeld);

    internal Scenario Plan { get; }

    internal Random Random { get; }

    internal SimulatedCatalog Catalog { get; }

    internal TimeSpan Now { get; private set; }

    internal long Micros => (long)Now.TotalMicroseconds;

    internal IReadOnlyList<SimulatedSilo> Silos => _silos;

    internal TimeSpan Detection => TimeSpan.FromSeconds(Plan.DetectionSeconds);

    internal IReadOnlySet<(SimulatedJob Job, long Unit)> RanAloneAtADeath => _ranAloneAtADeath;

    /// <summary>Runs one job.</summary>
    /// <exception cref="InvalidOperationException">A rule was broken, or the job did not end.</exception>
    public static Outcome Run(Scenario job) => new SimulatedCluster(job).Run()[0];

    /// <summary>Runs until all jobs have ended.</summary>
    /// <exception cref="InvalidOperationException">A rule was broken, or a job did not end.</exception>
    public Outcome[] Run()
    {
        try
        {
            RunToTheEnd();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Seed {Plan.Seed}: {exception.Message}", exception);
        }

        foreach (SimulatedJob job in _jobs)
        {
            if (!job.HasEnded)
                throw new InvalidOperationException($"Seed {Plan.Seed}: {job.Id} did not end: {job.Scenario}\n{job.Describe()}");
        }

        return [.. _jobs.Select(job => job.ToOutcome(_deaths))];
    }

    private void RunToTheEnd()
    {
        foreach (SimulatedJob job in _jobs)
            At(TimeSpan.FromSeconds(job.Scenario.SubmittedSeconds), job.Submit);
        _losses.Look(_silos.Select(silo => (silo.Name, Stops: false)));
        At(BeatPeriod, Beat);
        At(TimeSpan.FromMilliseconds(100), Strike);
        At(TimeSpan.FromSeconds(1), Sample);
        Catalog.Begin();
        if (Plan.Faults.TwoDieAtSeconds is { } twoDieAt)
        {
            At(TimeSpan.FromSeconds(twoDieAt), () => Kill(_silos[^1]));
            At(TimeSpan.FromSeconds(twoDieAt + 0.3), () => Kill(_silos[^2]));
        }

        TimeSpan ceiling = Plan.Faults.Ends > TimeSpan.Zero ? FaultyCeiling : Ceiling;
        while (
            !Array.TrueForAll(_jobs, job => job.HasEnded)
            && _agenda.TryDequeue(out Action? next, out (TimeSpan Time, long Order) when)
            && when.Time < ceiling
        )
        {
            _atOnce = when.Time > Now ? 0 : _atOnce + 1;
            if (_atOnce > MostAtOnce)
                throw new InvalidOperationException($"Time stands still.\n{string.Join('\n', _jobs.Select(job => job.Describe()))}");
            Now = when.Time;
            next();
        }
    }

    internal void At(TimeSpan delay, Action action) => _agenda.Enqueue(action, (Now + delay, _order++));

    internal TimeSpan Delay() => TimeSpan.FromMilliseconds(0.05) + (Plan.Faults.MaxDelay * Random.NextDouble());

    internal TimeSpan UntilCallFails() => Plan.CallsFailAtOnce ? Delay() : Detection;

    internal bool Happens(double rate) => rate > 0 && Now < Plan.Faults.Ends && Random.NextDouble() < rate;

    internal bool StoreFails() => Now < _storeIsBackAt || Happens(Plan.Faults.StoreFails);

    internal List<SimulatedSilo> Undeclared() => [.. _silos.Where(silo => !silo.DeclaredDead)];

    internal SimulatedSilo Silo(string name) => _silos.First(silo => silo.Name == name);

    /// <summary>A process ends; the others hear of it after a while, and another takes its place.</summary>
    internal void Kill(SimulatedSilo victim, bool evenTheLast = false)
    {
        if (victim.Dead || (!evenTheLast && _silos.Count(silo => !silo.Dead) < 2))
            return;
        victim.Dead = true;
        _deaths++;
        _ranAloneAtADeath.UnionWith(victim.RanAlone);
        victim.FailCalls();
        foreach (SimulatedJob job in _jobs)
            job.SiloDied(victim);
        At(Detection, () => Declare(victim));
    }

    private SimulatedSilo NewSilo() => new(this, $"silo-{_nextSilo++}");

    private void Declare(SimulatedSilo victim)
    {
        victim.DeclaredDead = true;
        victim.DeclaredAt = Now;
        foreach (SimulatedJob job in _jobs)
            job.Lost(victim);
        SimulatedSilo replacement = NewSilo();
        _silos.Add(replacement);
        foreach (SimulatedJob job in _jobs)
            job.Know(replacement);
        if (_losses.Look(Undeclared().Select(silo => (silo.Name, Stops: false))))
            At(Delay(), Catalog.Scan);
    }

    private void Sample()
    {
        foreach (SimulatedJob job in _jobs)
            job.Sample();
        At(TimeSpan.FromSeconds(1), Sample);
    }

    private void Beat()
    {
        foreach (SimulatedSilo silo in _silos)
        {
            if (silo.Dead || silo.FrozenUntil > Now || Happens(Plan.Faults.CallLost))
                continue;
            SiloChanged load = silo.Known();
            foreach (SimulatedJob job in _jobs)
                job.Beat(silo, load);
        }

        At(BeatPeriod, Beat);
    }

    private void Strike()
    {
        const double Share = 0.1;
        FaultPlan faults = Plan.Faults;
        if (Happens(faults.SiloDeathsPerSecond * Share))
            Kill(_silos[Random.Next(_silos.Count)]);
        if (Happens(faults.KillsPerSecond * Share) && _silos.Where(silo => !silo.Dead).ToArray() is { Length: > 0 } living)
            Kill(living[Random.Next(living.Length)]);
        if (Happens(faults.SiloFreezesPerSecond * Share))
            Freeze(_silos[Random.Next(_silos.Count)]);
        if (Happens(faults.StoreOutagesPerSecond * Share))
            _storeIsBackAt = Now + TimeSpan.FromSeconds(0.3 + (3.7 * Random.NextDouble()));
        foreach (SimulatedJob job in _jobs)
            job.Strike(Share);
        At(TimeSpan.FromSeconds(Share), Strike);
    }

    /// <summary>A frozen silo is declared dead when it stays so for long; what it reports afterwards is late.</summary>
    private void Freeze(SimulatedSilo victim)
    {
        if (victim.Dead)
            return;
        TimeSpan length = TimeSpan.FromSeconds(0.5 + ((Plan.Faults.FrozenSeconds - 0.5) * Random.NextDouble()));
        victim.FrozenUntil = Now + length;
        if (length < TimeSpan.FromSeconds(9))
            return;
        At(
            TimeSpan.FromSeconds(9),
            () =>
            {
                _ranAloneAtADeath.UnionWith(victim.RanAlone);
                foreach (SimulatedJob job in _jobs)
                    job.Lost(victim);
            }
        );
    }

    private sealed class Sooner : IComparer<(TimeSpan Time, long Order)>
    {
        public int Compare((TimeSpan Time, long Order) x, (TimeSpan Time, long Order) y) =>
            x.Time != y.Time ? x.Time.CompareTo(y.Time) : x.Order.CompareTo(y.Order);
    }
}
