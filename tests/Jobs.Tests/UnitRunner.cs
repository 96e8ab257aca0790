using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansWork.Jobs.Tests;

/// <summary>A host for single units: runs them as a silo would, without a silo.</summary>
internal sealed class UnitRunner(ulong seed = 0, CancellationToken cancellationToken = default) : IUnitHost
{
    public string JobId => "test";
    public ulong Incarnation => 0xABCD;
    public string Silo => "local";
    public ulong Seed => seed;
    public CancellationToken CancellationToken => cancellationToken;
    public List<(long Unit, double Fraction, string? Message)> Reported { get; } = [];

    public ILogger GetLogger(long unit, int attempt) => NullLogger.Instance;

    public void Progress(long unit, double fraction, string? message) => Reported.Add((unit, fraction, message));

    public UnitContext At(long unit, int attempt = 1)
    {
        UnitContext context = new(this);
        context.MoveTo(unit, attempt);
        return context;
    }

    /// <summary>Runs all units in order and combines them from the left.</summary>
    public static async Task<TResult> RunAsync<TInput, TPartial, TResult>(
        JobKind<TInput, TPartial, TResult> kind,
        TInput input,
        CancellationToken cancellationToken
    )
    {
        Assert.Empty(kind.Validate(input));
        await kind.PrepareAsync(input, cancellationToken);
        long count = kind.CountUnits(input);
        if (count == 0)
            return kind.Empty(input);
        return kind.Finish(input, RunUnits(kind, input, count, cancellationToken));
    }

    private static TPartial RunUnits<TInput, TPartial, TResult>(
        JobKind<TInput, TPartial, TResult> kind,
        TInput input,
        long count,
        CancellationToken cancellationToken
    )
    {
        UnitRunner runner = new(0, cancellationToken);
        TPartial partial = kind.RunUnit(input, 0, runner.At(0));
        for (long unit = 1; unit < count; unit++)
            partial = kind.Combine(partial, kind.RunUnit(input, unit, runner.At(unit)));
        return partial;
    }
}
