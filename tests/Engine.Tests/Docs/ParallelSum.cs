// As an author writes it: a file without a namespace.
#pragma warning disable CA1050
using OrleansWork;

[JobKind("parallel-sum", Description = "Adds all whole numbers of a range, one by one")]
public sealed class ParallelSum : JobKind<ParallelSum.Input, long>
{
    public static readonly JobKindRef<Input, long> Kind = KindOf<ParallelSum>();

    public sealed record Input(long From, long To, long Block = 1_000_000);

    public override long CountUnits(Input input) => ((input.To - input.From) / input.Block) + 1;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        long first = input.From + (unit * input.Block);
        long sum = 0;
        for (long number = first; number < first + input.Block && number <= input.To; number++)
            sum += number;
        return sum;
    }

    public override long Combine(long left, long right) => left + right;
}
