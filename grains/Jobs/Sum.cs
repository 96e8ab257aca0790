using System.ComponentModel;
using System.Globalization;
using System.Numerics;

namespace OrleansWork.Jobs;

/// <summary>Adds numbers, or all integers of a range, exactly at any size.</summary>
[JobKind("sum", Version = 2, Description = "Adds numbers, or all integers from..to, exactly at any size")]
public sealed class Sum : JobKind<Sum.Input, BigInteger>
{
    private const int CancellationStride = 1 << 20;
    private static readonly BigInteger MaxUnits = BigInteger.One << 62;

    // As many units as a job may sensibly have because someone asked for small blocks; beyond it, blocks are larger than asked for.
    private const long MostBlocks = 100_000_000;

    // A block costs the same at any size by the closed form: enough units for every slot there may be.
    private const long ClosedBlocks = 10_000;

    // A thousand slots would add more one by one for more than a quarter of an hour.
    private const long MostOneByOne = 1_000_000_000_000_000;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, BigInteger> Kind = KindOf<Sum>();

    /// <summary>What to add: either <paramref name="Numbers"/>, or <paramref name="From"/> and <paramref name="To"/>.</summary>
    public sealed record Input(
        [property: Description("the integers to add, of any size; instead of from and to")] IReadOnlyList<BigInteger>? Numbers = null,
        [property: Description("the first integer of the range to add")] BigInteger? From = null,
        [property: Description("the last integer of the range to add, itself included")] BigInteger? To = null,
        [property: Description("how many integers a unit adds, at least 1; more where a range would have over 100 million units")]
            long Block = 10_000_000,
        [property: Description("whether a block of from..to is added by n(a+b)/2; otherwise one by one")] bool ClosedForm = true
    );

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (input.Block < 1)
            yield return new("block", $"block is {input.Block}; it must be at least 1.");

        if (input.Numbers is not null)
        {
            if (input.From is not null)
                yield return new("from", "from goes without numbers: give either numbers, or from and to.");
            if (input.To is not null)
                yield return new("to", "to goes without numbers: give either numbers, or from and to.");
        }
        else if (input is { From: null, To: null })
        {
            yield return new("numbers", "There is nothing to add: give numbers, or from and to.");
        }
        else if (input.From is not { } from)
        {
            yield return new("from", "from is missing: a range needs from and to.");
        }
        else if (input.To is not { } to)
        {
            yield return new("to", "to is missing: a range needs from and to.");
        }
        else if (to < from)
        {
            yield return new("to", $"to is {Shorten(to)}; it must be at least from, which is {Shorten(from)}.");
        }
        else if (input.Block >= 1 && (to - from) / input.Block >= MaxUnits)
        {
            yield return new("block", $"block is {input.Block}, which splits from..to into more than 2^62 units; make it larger.");
        }
        else if (!input.ClosedForm && to - from >= MostOneByOne)
        {
            yield return new(
                "closedForm",
                $"closedForm is false, and from..to has {Shorten(to - from + 1)} integers; one by one at most {MostOneByOne} can be added. Leave closedForm out."
            );
        }
    }

    /// <inheritdoc/>
    public override long CountUnits(Input input) =>
        input.Numbers is { } numbers
            ? (numbers.Count == 0 ? 0 : ((numbers.Count - 1) / input.Block) + 1)
            : (long)((input.To!.Value - input.From!.Value) / BlockOf(input)) + 1;

    /// <inheritdoc/>
    public override BigInteger RunUnit(Input input, long unit, UnitContext context)
    {
        if (input.Numbers is { } numbers)
        {
            long first = unit * input.Block;
            return Add(numbers, (int)first, (int)Int128.Min(numbers.Count, first + (Int128)input.Block), context.CancellationToken);
        }

        BigInteger block = BlockOf(input);
        BigInteger from = input.From!.Value + (unit * block);
        BigInteger to = BigInteger.Min(from + block - 1, input.To!.Value);
        return input.ClosedForm ? (from + to) * (to - from + 1) / 2 : AddOneByOne(from, to, context.CancellationToken);
    }

    /// <inheritdoc/>
    public override BigInteger Combine(BigInteger left, BigInteger right) => left + right;

    /// <summary>Returns 0, the sum of no numbers.</summary>
    public override BigInteger Empty(Input input) => BigInteger.Zero;

    /// <summary>Returns how many integers of the range a unit adds.</summary>
    private static BigInteger BlockOf(Input input)
    {
        BigInteger last = input.To!.Value - input.From!.Value;
        if (last / input.Block < MostBlocks)
            return input.Block;
        return (last / (input.ClosedForm ? ClosedBlocks : MostBlocks)) + 1;
    }

    private static BigInteger Add(IReadOnlyList<BigInteger> numbers, int from, int to, CancellationToken cancellationToken)
    {
        BigInteger large = BigInteger.Zero;
        Int128 small = 0;
        for (int i = from; i < to; i++)
        {
            if (i % CancellationStride == 0)
                cancellationToken.ThrowIfCancellationRequested();
            BigInteger number = numbers[i];
            if (number >= long.MinValue && number <= long.MaxValue)
                small += (long)number;
            else
                large += number;
        }

        return large + small;
    }

    private static BigInteger AddOneByOne(BigInteger from, BigInteger to, CancellationToken cancellationToken)
    {
        BigInteger sum = BigInteger.Zero;
        for (BigInteger start = from; start <= to; start += CancellationStride)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BigInteger end = BigInteger.Min(start + CancellationStride - 1, to);
            if (start >= long.MinValue && end < long.MaxValue)
            {
                // 2^20 numbers below 2^63 stay far below 2^127.
                Int128 small = 0;
                for (long number = (long)start; number <= (long)end; number++)
                    small += number;
                sum += small;
            }
            else
            {
                for (BigInteger number = start; number <= end; number++)
                    sum += number;
            }
        }

        return sum;
    }

    private static string Shorten(BigInteger number)
    {
        string text = number.ToString(CultureInfo.InvariantCulture);
        return text.Length <= 40 ? text : $"{text.AsSpan(0, 20)}… ({text.Length} characters)";
    }
}
