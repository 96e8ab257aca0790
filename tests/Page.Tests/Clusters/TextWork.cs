using System.ComponentModel;
using Microsoft.Extensions.Logging;

namespace OrleansWork.PageTests.Clusters;

/// <summary>A kind that says what it is told to: in its result, its log, its error.</summary>
[JobKind("text-work", Description = Attack)]
public sealed class TextWork : JobKind<TextWork.Input, string>
{
    /// <summary>What a page that took text for markup would run; it would be seen by its mark, the image and the dialog.</summary>
    public const string Attack = """<img src=x onerror="window.attacked=1;alert(1)">"><script>window.attacked=1;alert(2)</script>""";

    public sealed record Input(
        [property: Description(Attack)] string Text = Attack,
        [property: Description("how often the text is said")] int Times = 1,
        [property: Description("whether a unit throws it")] bool Throws = false
    );

    public override long CountUnits(Input input) => 1;

    public override string RunUnit(Input input, long unit, UnitContext context)
    {
        string text = string.Concat(Enumerable.Repeat(input.Text, input.Times));
        context.Logger.LogWarning("{Text}", text);
        context.Progress(0.5, text);
        return input.Throws ? throw new InvalidOperationException(text) : text;
    }

    public override string Combine(string left, string right) => left + right;
}

/// <summary>A kind whose result says that it is a web page.</summary>
[JobKind("html-work", Description = "Makes a web page", MediaType = "text/html")]
public sealed class HtmlWork : JobKind<HtmlWork.Input, byte[]>
{
    public sealed record Input(string Text = TextWork.Attack);

    public override long CountUnits(Input input) => 1;

    public override byte[] RunUnit(Input input, long unit, UnitContext context) => System.Text.Encoding.UTF8.GetBytes(input.Text);

    public override byte[] Combine(byte[] left, byte[] right) => left;
}

/// <summary>A kind of which one unit fails until a file is there.</summary>
[JobKind("gate-work", Description = "Adds unit numbers; unit 3 fails until a file is there")]
public sealed class GateWork : JobKind<GateWork.Input, long>
{
    public sealed record Input(string Gate, long Units = 50);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context) =>
        unit != 3 || File.Exists(input.Gate) ? unit : throw new FileNotFoundException($"{input.Gate} is not there.");

    public override long Combine(long left, long right) => left + right;
}

/// <summary>Adds unit numbers, but on one silo only once a file is there.</summary>
[JobKind("picky-work", Description = "Adds unit numbers; one silo fails until a file is there")]
public sealed class PickyWork : JobKind<PickyWork.Input, long>
{
    public sealed record Input(string Gate, string Bad, long Units = 1_000_000);

    public override long CountUnits(Input input) => input.Units;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        if (context.Silo == input.Bad && !File.Exists(input.Gate))
            throw new FileNotFoundException($"{input.Gate} is not there.");
        context.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(20));
        return unit;
    }

    public override long Combine(long left, long right) => left + right;
}
