using System.Diagnostics.Metrics;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Telemetry;

/// <summary>The silo's instruments of the meter <c>OrleansWork</c>; ids of jobs or leases are never tags.</summary>
internal sealed class SiloInstruments
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string SourceName = "OrleansWork";

    // From leases of a few empty units to units of minutes; most last as long as their budget, 50 ms.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries =
        [
            0.000_01,
            0.000_02,
            0.000_05,
            0.000_1,
            0.000_2,
            0.000_5,
            0.001,
            0.002,
            0.005,
            0.01,
            0.02,
            0.03,
            0.05,
            0.07,
            0.1,
            0.2,
            0.5,
            1,
            2,
            5,
            10,
            30,
            60,
            120,
            300,
        ],
    };

    private readonly Meter _meter;
    private readonly Counter<long> _leases;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _queueTime;
    private readonly Counter<long> _decisions;

    /// <summary>Makes the instruments.</summary>
    public SiloInstruments(IMeterFactory meters)
    {
        _meter = meters.Create(SourceName);
        _leases = _meter.CreateCounter<long>("orleanswork.leases", "{lease}", "Leases that ended on this silo, by outcome.");
        _duration = _meter.CreateHistogram("orleanswork.lease.duration", "s", "How long leases kept their slot or permit.", null, Seconds);
        _queueTime = _meter.CreateHistogram("orleanswork.lease.queue_time", "s", "How long admitted leases waited.", null, Seconds);
        _decisions = _meter.CreateCounter<long>(
            "orleanswork.placement.decisions",
            "{decision}",
            "Silos chosen, by policy; for leases and for grains."
        );
    }

    /// <summary>Shows the slots of a pool; <paramref name="load"/> is asked whenever someone looks.</summary>
    public void ObservePool(Func<PoolReading> load)
    {
        _meter.CreateObservableGauge(
            "orleanswork.slots",
            () => Each(load(), c => c.Slots),
            "{slot}",
            "Units that can be performed at once."
        );
        _meter.CreateObservableGauge("orleanswork.slots.busy", () => Each(load(), c => c.Running), "{slot}", "Leases running.");
        _meter.CreateObservableGauge(
            "orleanswork.queue.length",
            () => Each(load(), c => c.Queued),
            "{lease}",
            "Leases admitted and waiting."
        );
        _meter.CreateObservableCounter(
            "orleanswork.slots.lost",
            () => Lost(load()),
            "{slot}",
            "Slots given up because user code ignored its cancellation."
        );
        _meter.CreateObservableGauge("orleanswork.memory.used", () => load().MemoryBytes, "By", "Memory that the process uses.");
        _meter.CreateObservableGauge("orleanswork.memory.limit", () => load().MemoryLimitBytes, "By", "Memory that the process may use.");
        _meter.CreateObservableGauge(
            "orleanswork.refusing",
            () => Refusing(load()),
            null,
            "1 while the silo takes no new leases, by reason."
        );
    }

    /// <summary>Counts a lease that ran.</summary>
    public void LeaseEnded(bool failed, long queueMicros, long busyMicros)
    {
        if (_leases.Enabled)
            _leases.Add(1, new KeyValuePair<string, object?>("outcome", failed ? "failed" : "done"));
        if (_duration.Enabled)
            _duration.Record(busyMicros / 1e6);
        if (_queueTime.Enabled)
            _queueTime.Record(queueMicros / 1e6);
    }

    /// <summary>Counts leases that did not run.</summary>
    public void LeasesRefused(int count)
    {
        if (_leases.Enabled)
            _leases.Add(count, new KeyValuePair<string, object?>("outcome", "refused"));
    }

    /// <summary>Counts a choice of a silo.</summary>
    public void Decided(string policy, string silo)
    {
        if (_decisions.Enabled)
            _decisions.Add(1, new KeyValuePair<string, object?>("policy", policy), new KeyValuePair<string, object?>("silo", silo));
    }

    private static Measurement<int>[] Refusing(PoolReading load) =>
        [
            new(load.IsDraining ? 1 : 0, new KeyValuePair<string, object?>("reason", "draining")),
            new(load.IsStarved ? 1 : 0, new KeyValuePair<string, object?>("reason", "turns-wait")),
            new(load.IsMemoryFull ? 1 : 0, new KeyValuePair<string, object?>("reason", "memory")),
        ];

    private static Measurement<int>[] Lost(PoolReading load) =>
        [
            new(load.LostCompute, new KeyValuePair<string, object?>("class", "compute")),
            new(load.LostWait, new KeyValuePair<string, object?>("class", "wait")),
            new(load.LostService, new KeyValuePair<string, object?>("class", "service")),
        ];

    private static Measurement<int>[] Each(PoolReading load, Func<ClassLoad, int> value) =>
        [
            new(value(load.Compute), new KeyValuePair<string, object?>("class", "compute")),
            new(value(load.Wait), new KeyValuePair<string, object?>("class", "wait")),
        ];
}
