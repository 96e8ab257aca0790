namespace OrleansWork.SystemTests;

/// <summary>A job kind that silos do not know: they load it from this assembly.</summary>
[JobKind("digit-sum", Description = "Adds the digits of all numbers below a limit")]
public sealed class DigitSum : JobKind<DigitSum.Input, long>
{
    public sealed record Input(long Below = 1_000);

    public override long CountUnits(Input input) => input.Below;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        long sum = 0;
        for (long rest = unit; rest > 0; rest /= 10)
            sum += rest % 10;
        return sum;
    }

    public override long Combine(long left, long right) => left + right;
}
