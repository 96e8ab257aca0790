using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using OrleansWork.Console.Output;
using Spectre.Console.Rendering;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed partial class ListingTests
{
    private const int UsualWidth = 80;

    private static readonly Gen<string> s_word = Gen.Char["abcdefgh\u00E9\u65E5"].Array[0, 12].Select(chars => new string(chars));

    [Fact]
    public void WriteTable_AnyRowsOnAnyTerminal_StaysInsideAndLosesNothing() =>
        Gen.Select(Gen.Int[60, 140], Gen.Select(s_word, s_word, s_word, s_word.Array[0, 30]).Array[0, 5])
            .Sample(
                (width, rows) =>
                {
                    string[] lines = Draw(width, rows);
                    Assert.All(lines, line => Assert.InRange(CellsOf(line), 0, width));
                    Assert.All(lines, line => Assert.False(line.EndsWith(' '), $"'{line}'"));
                    string all = string.Concat(lines.Select(line => line.Trim())).Replace(" ", "", StringComparison.Ordinal);
                    foreach ((string first, string second, string third, string[] text) in rows)
                    {
                        foreach (string cell in (string[])[first, second, third, .. text])
                            Assert.Contains(cell, all, StringComparison.Ordinal);
                    }
                },
                iter: 500
            );

    [Fact]
    public void WriteTable_Pipe_PadsNothingAtTheEndAndBreaksNothing()
    {
        string text = string.Join(' ', Enumerable.Repeat("word", 500));
        string[] lines = Draw(null, ("a", "b", "c", [text]), ("longer", "", "12", []));
        Assert.Equal(3, lines.Length);
        Assert.Contains(text, lines[1], StringComparison.Ordinal);
        Assert.Equal("longer          12", lines[2]);
    }

    [Theory]
    [InlineData(UsualWidth)]
    [InlineData(null)]
    public void WriteTable_CellsOfBlanks_ArePaddedNoMoreThanEmptyOnes(int? width)
    {
        string[] lines = Draw(width, ("a", "b  ", "", ["", "", ""]), ("c", "", "  ", [""]), ("longer", "  ", "1", [" "]));
        Assert.All(lines, line => Assert.False(line.EndsWith(' '), $"'{line}'"));
        Assert.Equal("a       b", lines[1]);
    }

    [Fact]
    public void WriteTable_JobsOnAUsualTerminal_HasALineForEachAndTheErrorBelow()
    {
        JobSummary good = Job("0123456789abcdef", "mandelbrot", JobState.Succeeded, null);
        string[] lines = Draw(UsualWidth, Tables.Jobs([good, good], 200));
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, UsualWidth));
        Assert.Contains("2026-01-02T03:04:05Z", lines[1], StringComparison.Ordinal);

        string error = string.Join(' ', Enumerable.Range(0, 30).Select(i => $"reason{i}"));
        lines = Draw(UsualWidth, Tables.Jobs([good, Job("x", "sum", JobState.Failed, error)], 1000));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, UsualWidth));
        Assert.StartsWith("x ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("  error reason0 reason1", lines[3], StringComparison.Ordinal);
        Assert.Contains("reason29", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void WriteTable_SilosOnAUsualTerminal_KeepAddressesWhole()
    {
        const string Address = "127.0.0.1:11111@154632560";
        Dictionary<string, string> labels = new() { ["zone"] = "a", ["gpu"] = "" };
        string[] lines = Draw(
            UsualWidth,
            Tables.Silos([
                new SiloStatus(Address, "quarantined", 64, 64, 1000, 123_456, 0.125, 0.99, 300L << 20, 24L << 30, labels, []),
                new SiloStatus(Address, "active", 1, 0, 0, 0, 0, 0, 300L << 20, 24L << 30, new Dictionary<string, string>(), []),
            ])
        );
        Assert.All(lines, line => Assert.InRange(line.Length, 0, UsualWidth));
        Assert.Equal(2, lines.Count(line => line.StartsWith(Address, StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.Contains("300 MiB of 24 GiB", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.Contains("labels zone=a gpu", StringComparison.Ordinal));
    }

    [Fact]
    public void WriteTable_KindsOnAUsualTerminal_FlowBesideTheirNames()
    {
        string description = string.Join(' ', Enumerable.Repeat("description", 12));
        string[] lines = Draw(
            UsualWidth,
            Tables.Kinds([new KindStatus("mandelbrot", 1, description, System.Text.Json.JsonElement.Parse("{}"), 3)])
        );
        Assert.All(lines, line => Assert.InRange(line.Length, 0, UsualWidth));
        Assert.Equal(lines[1].IndexOf("description", StringComparison.Ordinal), lines[2].IndexOf("description", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Show_Pipe_HasLongValuesWholeAndNoBlanksAtTheEnd()
    {
        using ConsoleRun run = new();
        string text = new('x', 5_000);
        run.Cluster.Add("j1").Succeed($"\"{text}\"");
        Assert.Equal(0, await run.RunAsync("show", "j1"));
        string[] lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.Contains(lines, line => line.EndsWith($"\"{text}\"", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.False(line.EndsWith(' '), $"'{line}'"));
    }

    [Fact]
    public async Task Help_Pipe_HasNoBlanksAtTheEnd()
    {
        using ConsoleRun run = new();
        Assert.Equal(0, await run.RunAsync("run", "primes", "--help"));
        Assert.Equal(0, await run.RunAsync("kinds"));
        Assert.All(run.Out.Split('\n'), line => Assert.False(line.EndsWith(' '), $"'{line}'"));
    }

    private static JobSummary Job(string id, string kind, JobState state, string? error) =>
        new(
            id,
            kind,
            1,
            state,
            new UnitCounts(1_000, 1_000, 0, 0),
            FakeJob.Start,
            FakeJob.Start,
            1.5,
            error is null ? null : new JobError("E", error)
        );

    private static int CellsOf(string line) => new Segment(line).CellCount();

    private static string[] Draw(int? width, params (string First, string Second, string Third, string[] Text)[] rows)
    {
        Listing table = new("one", "two", ">three", "~text");
        foreach ((string first, string second, string third, string[] text) in rows)
            table.Add(first, second, third, string.Join(' ', text));
        return Draw(width, table);
    }

    private static string[] Draw(int? width, IRenderable table)
    {
        using MemoryStream output = new();
        Terminal terminal = new(output, TextWriter.Null, outIsTerminal: width is not null, errorIsTerminal: false, color: false);
        if (width is { } columns)
            terminal.OutConsole.Profile.Width = columns;
        terminal.WriteTable(table);
        return Sequence().Replace(Encoding.UTF8.GetString(output.ToArray()), "").TrimEnd('\n').Split('\n');
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Sequence();
}
