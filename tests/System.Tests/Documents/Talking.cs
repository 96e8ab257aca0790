using Microsoft.Extensions.Logging;

namespace OrleansWork.SystemTests.Documents;

/// <summary>Units that log, say how far they are, take a while, and fail once or for good where they are told to.</summary>
[JobKind("talking", Description = "Logs a line a unit")]
public sealed class Talking : JobKind<Talking.Input, long>
{
    public sealed record Input(long Units = 4, int Milliseconds = 0, long? FailingUnit = null);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        context.Logger.LogInformation("unit {Unit} speaks", unit);
        context.Progress(0.5, "half");
        context.CancellationToken.WaitHandle.WaitOne(input.Milliseconds);
        return unit == input.FailingUnit ? throw new InvalidOperationException($"unit {unit} fails") : unit;
    }

    public override long Combine(long left, long right) => left + right;
}
