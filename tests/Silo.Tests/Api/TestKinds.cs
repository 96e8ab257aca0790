using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>A map kind: squares, but for the items that fail.</summary>
[JobKind("squares")]
public sealed class Squares : MapKind<Squares.Input, int, int>
{
    public static readonly JobKindRef<Input, int> Kind = KindOf<Squares>();

    public sealed record Input(int Count = 10, int Fails = -1);

    public override async IAsyncEnumerable<int> Items(Input input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < input.Count; i++)
            yield return i;
        await Task.CompletedTask;
    }

    public override int RunItem(Input input, int item, UnitContext context) =>
        item == input.Fails ? throw new PermanentFailureException($"item {item} is bad") : item * item;
}

/// <summary>A result of bytes, longer than what crosses at once.</summary>
[JobKind("blob", MediaType = "image/png")]
public sealed class Blob : JobKind<Blob.Input, int, byte[]>
{
    public static readonly JobKindRef<Input, byte[]> Kind = KindOf<Blob>();

    public sealed record Input(int Bytes = 3_000_000);

    public static byte[] Of(int bytes) => [.. Enumerable.Range(0, bytes).Select(i => (byte)(i * 31))];

    public override long CountUnits(Input input) => 1;

    public override int RunUnit(Input input, long unit, UnitContext context) => input.Bytes;

    public override int Combine(int left, int right) => left + right;

    public override byte[] Finish(Input input, int partial) => Of(partial);
}

/// <summary>Units that say something, one of which fails where it is asked to.</summary>
[JobKind("talk")]
public sealed class Talk : JobKind<Talk.Input, long, long>
{
    public static readonly JobKindRef<Input, long> Kind = KindOf<Talk>();

    public sealed record Input(int Units = 3, int Fails = -1);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        context.Logger.LogInformation("unit {Unit} <b>speaks</b>", unit);
        return unit == input.Fails ? throw new PermanentFailureException($"unit {unit} fails") : unit;
    }

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial) => partial;
}

/// <summary>A kind that does not count its units, or takes long to.</summary>
[JobKind("uncounted")]
public sealed class Uncounted : JobKind<Uncounted.Input, long, long>
{
    public sealed record Input(bool Throws = false);

    public override long CountUnits(Input input)
    {
        if (input.Throws)
            throw new PermanentFailureException("the units are beyond counting");
        using ManualResetEventSlim never = new();
        never.Wait(TimeSpan.FromSeconds(3));
        return 1;
    }

    public override long RunUnit(Input input, long unit, UnitContext context) => unit;

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial) => partial;
}

/// <summary>Units that say and fail with what they are told to.</summary>
[JobKind("shout")]
public sealed class Shout : JobKind<Shout.Input, long, long>
{
    public sealed record Input(string Text = "", int Units = 4);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        context.Logger.LogInformation("{Text}", input.Text);
        return unit == 1 ? throw new PermanentFailureException(input.Text) : unit;
    }

    public override long Combine(long left, long right) => left + right;

    public override long Finish(Input input, long partial) => partial;
}
