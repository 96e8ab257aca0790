using Microsoft.Extensions.Logging;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>What a unit may know and use while it runs; valid only during the call it was handed to.</summary>
public sealed class UnitContext
{
    private readonly IUnitHost _host;
    private PhiloxRandom? _random;
    private long _randomUnit = -1;
    private object? _outputs;

    internal UnitContext(IUnitHost host) => _host = host;

    /// <summary>Gets the unit's number.</summary>
    public long Unit { get; private set; }

    /// <summary>Gets which attempt at the unit this is, from 1.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Gets a key that is the same for every attempt at this unit of this job, and for no other unit.</summary>
    public string IdempotencyKey => $"{_host.JobId}/{_host.Incarnation:x16}/{Unit}";

    /// <summary>Gets the address of the silo that runs the unit, or <c>local</c>.</summary>
    public string Silo => _host.Silo;

    /// <summary>Gets a token that is cancelled when the unit's work is no longer wanted; a unit that ignores it for 10 s costs its slot.</summary>
    public CancellationToken CancellationToken => _host.CancellationToken;

    /// <summary>Gets a logger whose scope names the job, the unit and the attempt.</summary>
    public ILogger Logger => _host.GetLogger(Unit, Attempt);

    /// <summary>Gets random numbers that depend on the job's seed and the unit only: every attempt sees the same ones.</summary>
    public PhiloxRandom Random
    {
        get
        {
            if (_random is null)
                _random = new PhiloxRandom(_host.Seed, (ulong)Unit);
            else if (_randomUnit != Unit)
                _random.Restart((ulong)Unit);
            _randomUnit = Unit;
            return _random;
        }
    }

    /// <summary>Says how far the unit has come; shown with the job.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="message">What is being done, or null.</param>
    public void Progress(double fraction, string? message = null) =>
        _host.Progress(Unit, double.IsNaN(fraction) ? 0 : Math.Clamp(fraction, 0, 1), message);

    /// <summary>Returns the item that the unit is.</summary>
    internal TItem Item<TItem>() =>
        _host.Items is ItemReader<TItem> reader
            ? reader.Get(Unit, _host)
            : throw new InvalidOperationException($"Unit {Unit} has no item of type {typeof(TItem)}.");

    /// <summary>Makes the result of the unit what is kept of it.</summary>
    internal UnitResultBatch Keep<TOut>(TOut value)
    {
        ResultCodec<TOut> codec = OutputCodec<TOut>.Instance;
        byte[] json = codec.Encode(value);
        CrossingCheck<TOut> check = (CrossingCheck<TOut>)(_outputs ??= new CrossingCheck<TOut>(codec, _host.ValueCheckInterval));
        if (check.IsDue())
            check.Look(value, json, $"The result of unit {Unit}");
        _host.AddOutput(Unit, json.Length);
        return new UnitResultBatch(Unit, json);
    }

    private static class OutputCodec<TOut>
    {
        public static readonly ResultCodec<TOut> Instance = new();
    }

    internal void MoveTo(long unit, int attempt)
    {
        Unit = unit;
        Attempt = attempt;
        _randomUnit = -1;
    }
}
