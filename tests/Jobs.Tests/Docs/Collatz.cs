// As an author writes it: a file without a namespace.
#pragma warning disable CA1050
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansWork;

[JobKind("collatz", Description = "Finds the longest Collatz sequence below a limit")]
public sealed class Collatz : JobKind<Collatz.Input, Collatz.Longest>
{
    public static readonly JobKindRef<Input, Longest> Kind = KindOf<Collatz>();

    public sealed record Input(
        [property: Description("the first number that is not tried"), Range(2, 1e12)] long Limit = 1_000_000,
        [property: Description("how many numbers a unit tries"), Range(1, 1e9)] long Block = 10_000
    );

    public sealed record Longest(long Start, int Steps);

    // Decompose: how many units, numbered from 0.
    public override long CountUnits(Input input) => ((input.Limit - 2) / input.Block) + 1;

    // Perform one: on any thread of any silo, perhaps more than once.
    public override Longest RunUnit(Input input, long unit, UnitContext context)
    {
        long from = 1 + (unit * input.Block);
        Longest longest = new(0, -1);
        for (long start = from; start < Math.Min(from + input.Block, input.Limit); start++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            int steps = CountSteps(start);
            if (steps > longest.Steps)
                longest = new(start, steps);
        }

        return longest;
    }

    // Aggregate: two neighbours, left and right, into one.
    public override Longest Combine(Longest left, Longest right) => right.Steps > left.Steps ? right : left;

    private static int CountSteps(long number)
    {
        int steps = 0;
        for (; number != 1; steps++)
            number = (number & 1) == 0 ? number >> 1 : checked((3 * number) + 1);
        return steps;
    }
}
