namespace OrleansWork.SystemTests;

/// <summary>A map kind with as many items as wanted, whose results are of a wanted size.</summary>
[JobKind("number-lines", Description = "Keeps a line of text for each number below a limit")]
public sealed class NumberLines : MapKind<NumberLines.Input, long, string>
{
    public static readonly JobKindRef<Input, string> Kind = KindOf<NumberLines>();

    public sealed record Input(long Below, int Length = 200);

    public override async IAsyncEnumerable<long> Items(
        Input input,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.CompletedTask;
        for (long item = 0; item < input.Below; item++)
            yield return item;
    }

    public override string RunItem(Input input, long item, UnitContext context) => Line(item, input.Length);

    /// <summary>Makes the line of an item, which no other item has.</summary>
    public static string Line(long item, int length) =>
        item.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(length, (char)('a' + (item % 26)));
}
