using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrleansWork.Silo.Page;

namespace OrleansWork.Silo.Tests.Page;

/// <summary>The page's colours are told apart and read, by those who see fewer of them, too: recomputed from its stylesheet.</summary>
public sealed partial class ColourTests
{
    private static readonly string[] s_texts = ["text", "text2", "text3", "link"];
    private static readonly string[] s_states = ["running", "ok", "fail", "warn", "queued", "deco", "cancel", "quar"];
    private static readonly string[] s_grounds = ["bg", "surface", "raised"];

    /// <summary>Normal sight, protanopia, deuteranopia and tritanopia in linear RGB (Machado, Oliveira, Fernandes 2009, severity 1).</summary>
    private static readonly double[][] s_sights =
    [
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
        [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    ];

    private static readonly string s_css = Encoding.UTF8.GetString(new PageFiles(typeof(PageFiles).Assembly).Find("app.css")!.Content);

    [Theory]
    [InlineData("dark")]
    [InlineData("light")]
    public void TextsAndStates_OnTheirGrounds_CanBeRead(string theme)
    {
        Dictionary<string, double[]> colours = ColoursOf(theme);
        foreach (string name in s_texts.Concat(s_states))
            Assert.All(s_grounds, ground => Assert.True(Contrast(colours[name], colours[ground]) >= 4.75, $"{name} on {ground}"));
        foreach (string name in s_states)
        {
            double[] chip = [.. colours[name].Zip(colours["surface"], (own, ground) => (0.13 * own) + (0.87 * ground))];
            Assert.True(Contrast(colours[name], chip) >= 4.75, $"{name} on its chip");
        }

        Assert.All(s_grounds, ground => Assert.True(Contrast(colours["control"], colours[ground]) >= 3, $"control on {ground}"));
    }

    [Theory]
    [InlineData("dark", 0.046, 0.088, 0.080)]
    [InlineData("light", 0.059, 0.074, 0.093)]
    public void Series_OfAllSights_AreToldApart(string theme, double any, double amongSix, double neighbours)
    {
        Dictionary<string, double[]> colours = ColoursOf(theme);
        double[][] series = [.. Enumerable.Range(1, 12).Select(i => colours[string.Create(CultureInfo.InvariantCulture, $"s{i}")])];
        Assert.All(series, colour => Assert.True(Contrast(colour, colours["idle"]) >= 3));
        Assert.Equal(any, Nearest(Pairs(series)), 3);
        Assert.Equal(amongSix, Nearest(Pairs(series[..6])), 3);
        Assert.Equal(neighbours, Nearest(series.Zip(series.Skip(1))), 3);
    }

    private static Dictionary<string, double[]> ColoursOf(string theme) =>
        Colour()
            .Matches(Block().Matches(s_css).Single(block => block.Groups["theme"].Value == theme).Groups["tokens"].Value)
            .ToDictionary(
                token => token.Groups["name"].Value,
                token => Convert.FromHexString(token.Groups["value"].Value).Select(part => part / 255.0).ToArray(),
                StringComparer.Ordinal
            );

    private static IEnumerable<(double[] Left, double[] Right)> Pairs(double[][] colours) =>
        from left in Enumerable.Range(0, colours.Length)
        from right in Enumerable.Range(left + 1, colours.Length - left - 1)
        select (colours[left], colours[right]);

    private static double Nearest(IEnumerable<(double[] Left, double[] Right)> pairs) =>
        pairs.Min(pair => s_sights.Min(sight => Distance(Seen(pair.Left, sight), Seen(pair.Right, sight))));

    /// <summary>The OKLab coordinates of a colour as somebody sees it.</summary>
    private static double[] Seen(double[] colour, double[] sight)
    {
        double[] linear = [.. colour.Select(Linear)];
        double[] seen =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(row => Math.Clamp(Enumerable.Range(0, 3).Sum(column => sight[(row * 3) + column] * linear[column]), 0, 1)),
        ];
        double l = Math.Cbrt((0.4122214708 * seen[0]) + (0.5363325363 * seen[1]) + (0.0514459929 * seen[2]));
        double m = Math.Cbrt((0.2119034982 * seen[0]) + (0.6806995451 * seen[1]) + (0.1073969566 * seen[2]));
        double s = Math.Cbrt((0.0883024619 * seen[0]) + (0.2817188376 * seen[1]) + (0.6299787005 * seen[2]));
        return
        [
            (0.2104542553 * l) + (0.7936177850 * m) - (0.0040720468 * s),
            (1.9779984951 * l) - (2.4285922050 * m) + (0.4505937099 * s),
            (0.0259040371 * l) + (0.7827717662 * m) - (0.8086757660 * s),
        ];
    }

    private static double Distance(double[] left, double[] right) =>
        Math.Sqrt(left.Zip(right, (one, other) => (one - other) * (one - other)).Sum());

    /// <summary>The contrast of WCAG 2.</summary>
    private static double Contrast(double[] left, double[] right)
    {
        double[] both = [.. new[] { Luminance(left), Luminance(right) }.Order()];
        return (both[1] + 0.05) / (both[0] + 0.05);
    }

    private static double Luminance(double[] colour) =>
        (0.2126 * Linear(colour[0])) + (0.7152 * Linear(colour[1])) + (0.0722 * Linear(colour[2]));

    private static double Linear(double part) => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);

    [GeneratedRegex(@"\[data-theme=(?<theme>\w+)\] \{(?<tokens>[^}]*--bg:[^}]*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();

    [GeneratedRegex("--(?<name>[a-z0-9-]+):#(?<value>[0-9a-f]{6})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Colour();
}
