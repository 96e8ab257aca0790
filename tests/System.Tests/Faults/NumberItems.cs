using System.Runtime.CompilerServices;

namespace OrleansWork.SystemTests.Faults;

/// <summary>As many small items as wanted, whose sum is the result.</summary>
[JobKind("number-items", Description = "Adds the numbers below a limit, each an item")]
public sealed class NumberItems : ItemJobKind<NumberItems.Input, long, long, long>
{
    public sealed record Input(long Below);

    public static JobKindRef<Input, long> Kind { get; } = KindOf<NumberItems>();

    public override async IAsyncEnumerable<long> Items(Input input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        for (long item = 0; item < input.Below; item++)
            yield return item;
    }

    public override long RunItem(Input input, long item, UnitContext context) => item;

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial) => partial;
}
