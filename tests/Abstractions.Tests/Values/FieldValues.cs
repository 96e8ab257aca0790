using System.Net;
using System.Numerics;

namespace OrleansWork.Abstractions.Tests.Values;

// Partials that JSON writes and does not read back by itself.
public sealed record Size(int Units = 20);

public sealed class Stats
{
    public long Count { get; private set; }
    public double Sum { get; private set; }

    public void Add(double value)
    {
        Count++;
        Sum += value;
    }

    public void Merge(Stats other)
    {
        Count += other.Count;
        Sum += other.Sum;
    }
}

[JobKind("v-private-set")]
public sealed class PrivateSet : JobKind<Size, Stats>
{
    public override long CountUnits(Size input) => input.Units;

    public override Stats RunUnit(Size input, long unit, UnitContext context)
    {
        Stats stats = new();
        stats.Add(unit);
        return stats;
    }

    public override Stats Combine(Stats left, Stats right)
    {
        left.Merge(right);
        return left;
    }
}

[JobKind("v-complex")]
public sealed class ComplexSum : JobKind<Size, Complex>
{
    public override long CountUnits(Size input) => input.Units;

    public override Complex RunUnit(Size input, long unit, UnitContext context) => new(1, unit);

    public override Complex Combine(Complex left, Complex right) => left + right;
}

[JobKind("v-stack")]
public sealed class StackOrder : JobKind<Size, Stack<long>>
{
    public override long CountUnits(Size input) => input.Units;

    public override Stack<long> RunUnit(Size input, long unit, UnitContext context)
    {
        Stack<long> stack = new();
        stack.Push(unit);
        return stack;
    }

    public override Stack<long> Combine(Stack<long> left, Stack<long> right)
    {
        foreach (long number in right.Reverse())
            left.Push(number);
        return left;
    }
}

[JobKind("v-negspan")]
public sealed class NegativeSpan : JobKind<Size, TimeSpan>
{
    public override long CountUnits(Size input) => input.Units;

    public override TimeSpan RunUnit(Size input, long unit, UnitContext context) => TimeSpan.FromSeconds(-unit);

    public override TimeSpan Combine(TimeSpan left, TimeSpan right) => left + right;
}

public sealed record Status(HttpStatusCode Value);

[JobKind("v-enum")]
public sealed class UndefinedEnum : JobKind<Size, Status>
{
    public override long CountUnits(Size input) => input.Units;

    public override Status RunUnit(Size input, long unit, UnitContext context) => new((HttpStatusCode)(unit == 7 ? 520 : 200));

    public override Status Combine(Status left, Status right) => left.Value > right.Value ? left : right;
}

[JobKind("v-case")]
public sealed class CaseBlindCounts : JobKind<Size, Dictionary<string, long>>
{
    public override long CountUnits(Size input) => input.Units;

    public override Dictionary<string, long> RunUnit(Size input, long unit, UnitContext context) =>
        new(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? "word" : "WORD"] = 1 };

    public override Dictionary<string, long> Combine(Dictionary<string, long> left, Dictionary<string, long> right)
    {
        foreach ((string key, long count) in right)
            left[key] = left.GetValueOrDefault(key) + count;
        return left;
    }
}
