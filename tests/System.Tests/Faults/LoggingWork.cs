using Microsoft.Extensions.Logging;

namespace OrleansWork.SystemTests.Faults;

/// <summary>Units that log a line each and wait.</summary>
[JobKind("logging", Description = "Units that log a line each and wait")]
public sealed class LoggingWork : JobKind<LoggingWork.Input, long>
{
    public sealed record Input(long Units, int Milliseconds);

    public static JobKindRef<Input, long> Kind { get; } = KindOf<LoggingWork>();

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        context.Logger.LogInformation("unit {Unit} speaks", unit);
        context.CancellationToken.WaitHandle.WaitOne(input.Milliseconds);
        return 1;
    }

    public override long Combine(long left, long right) => left + right;
}
