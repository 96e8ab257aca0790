using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Squares the numbers from 0; counts how often its items are listed, and waits at the gate for one item if asked.</summary>
[JobKind("squares")]
public sealed class SquaresKind : MapKind<SquaresKind.Input, long, SquaresKind.Output>
{
    public sealed record Input(
        string Bench,
        long Items = 10,
        long GateAt = -1,
        long FailAt = -1,
        int PadBytes = 0,
        int FailListingAt = -1,
        int Microseconds = 0
    );

    public sealed record Output(long Number, string Square, string Pad);

    public static readonly JobKindRef<Input, Output> Kind = KindOf<SquaresKind>();

    public const long Listings = -1;

    public override async IAsyncEnumerable<long> Items(Input input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Bench.Of(input.Bench).Executions.AddOrUpdate(Listings, 1, static (_, count) => count + 1);
        for (long item = 0; item < input.Items; item++)
        {
            if (item == input.FailListingAt)
                throw new InvalidOperationException("cannot list");
            if (item % 1000 == 0)
                await Task.Yield();
            yield return item;
        }
    }

    public override Output RunItem(Input input, long item, UnitContext context)
    {
        Bench bench = Bench.Of(input.Bench);
        bench.Executions.AddOrUpdate(item, 1, static (_, count) => count + 1);
        if (item == input.GateAt)
            bench.Gate.Wait(context.CancellationToken);
        if (item == input.FailAt)
            throw new PermanentFailureException("never works");
        if (input.Microseconds > 0)
            context.CancellationToken.WaitHandle.WaitOne(input.Microseconds / 1000);
        return new Output(item, (item * item).ToString(CultureInfo.InvariantCulture), new string('x', input.PadBytes));
    }
}

/// <summary>Adds up the lengths of words that its units wait for.</summary>
[JobKind("lengths")]
public sealed class LengthsKind : ItemJobKind<LengthsKind.Input, string, long, LengthsKind.Result>
{
    public sealed record Input(int Words = 10);

    public sealed record Result(long Letters);

    public override IAsyncEnumerable<string> Items(Input input, CancellationToken cancellationToken) =>
        Enumerable.Range(0, input.Words).Select(i => new string('a', i)).ToAsyncEnumerable();

    public override async ValueTask<long> RunItemAsync(Input input, string item, UnitContext context)
    {
        await Task.Delay(1, context.CancellationToken);
        return item.Length;
    }

    public override long Combine(long left, long right) => left + right;

    public override Result Finish(Input input, long partial) => new(partial);

    public override Result Empty(Input input) => new(-1);
}
