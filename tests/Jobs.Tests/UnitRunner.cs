using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansWork.Jobs.Tests;

/// <summary>A host for single units: what a silo gives them, without a silo.</summary>
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
}
