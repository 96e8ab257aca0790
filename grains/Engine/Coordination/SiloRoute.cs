using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>The way of one coordinator to one silo: its worker grains, taken in turn, and how long the way takes.</summary>
internal sealed class SiloRoute(SiloAddress silo, CoordinatorServices services) : ILeaseRoute
{
    private IWorkerGrain[] _workers = [];
    private int _next;
    private double _roundTripMicros;

    /// <summary>Gets the silo.</summary>
    public SiloAddress Silo { get; } = silo;

    /// <inheritdoc/>
    public string Name { get; } = silo.ToParsableString();

    /// <inheritdoc/>
    public SiloProfile? Profile => services.Loads.Find(Silo)?.Profile;

    /// <inheritdoc/>
    public int RoundTripMicros => (int)_roundTripMicros;

    /// <inheritdoc/>
    public ValueTask<ReportBatch> RunAsync(LeaseBatch batch) => Next().RunAsync(batch);

    /// <summary>Returns the next worker.</summary>
    public IWorkerGrain Next()
    {
        if (_workers.Length == 0)
        {
            int count = Math.Max(1, Profile?.Workers ?? 1);
            _workers = [.. Enumerable.Range(0, count).Select(number => services.Grains.GetGrain<IWorkerGrain>(Keys.Worker(Silo, number)))];
        }

        _next = (_next + 1) % _workers.Length;
        return _workers[_next];
    }

    /// <summary>Takes one round trip.</summary>
    public void ObserveRoundTrip(TimeSpan roundTrip)
    {
        double micros = Math.Clamp(roundTrip.TotalMicroseconds, 0, 1e7);
        _roundTripMicros = _roundTripMicros == 0 ? micros : (0.9 * _roundTripMicros) + (0.1 * micros);
    }
}
