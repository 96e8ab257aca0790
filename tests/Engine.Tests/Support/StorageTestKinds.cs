using System.Globalization;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Lists its units in order: a unit that is counted twice, or not at all, shows in the result.</summary>
[JobKind("roll-call")]
public sealed class RollCallKind : JobKind<RollCallKind.Input, string>
{
    public sealed record Input(int Units = 24, int Milliseconds = 5, int PadBytes = 0);

    public static readonly JobKindRef<Input, string> Kind = KindOf<RollCallKind>();

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        if (input.Milliseconds > 0)
            context.CancellationToken.WaitHandle.WaitOne(input.Milliseconds);
        return Word(input, unit);
    }

    public override string Combine(string left, string right) => left + right;

    public static string Expected(Input input) => string.Concat(Enumerable.Range(0, input.Units).Select(unit => Word(input, unit)));

    private static string Word(Input input, long unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{unit}{new string((char)('a' + (unit % 26)), input.PadBytes)};");
}
