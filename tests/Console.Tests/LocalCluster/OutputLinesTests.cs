using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class OutputLinesTests
{
    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\r\nb", "a|b")]
    [InlineData("1 %\r2 %\r3 %\n", "1 %\r2 %\r3 %")]
    [InlineData("\n\n", "|")]
    [InlineData("", "")]
    public async Task Read_EndsLinesAtLineFeedsAlone(string text, string lines) =>
        Assert.Equal(lines, string.Join('|', await ReadAsync(new StringReader(text))));

    [Fact]
    public async Task Read_LineThatNeverEnds_ComesInPieces()
    {
        List<string> pieces = await ReadAsync(new StringReader(new string('x', 100_000) + "\ny"));
        Assert.Equal(8, pieces.Count);
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, 16 * 1024));
        Assert.Equal((100_000, "y"), (pieces.SkipLast(1).Sum(piece => piece.Length), pieces[^1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Read_CutAnywhere_GivesTheSameLines(int most)
    {
        const string Text = "a\r\n\nbb\rb\r\n\r\r\n\ncc";
        Assert.Equal(["a", "", "bb\rb", "\r", "", "cc"], await ReadAsync(new StringReader(Text)));
        Assert.Equal(await ReadAsync(new StringReader(Text)), await ReadAsync(new Sips(Text, most)));
    }

    [Fact]
    public void Log_LineWithControlCharacters_HasThemEscaped()
    {
        string file = Path.Combine(Path.GetTempPath(), $"ow-log-{Guid.NewGuid():N}");
        try
        {
            using (ProcessLog log = new(file))
            {
                log.Write("\u001b[2J\r1 %\t\u009b1m");
                Assert.Equal("""  \u001b[2J\r1 %\t\u009b1m""", log.Tail);
            }

            Assert.Equal("""\u001b[2J\r1 %\t\u009b1m""" + Environment.NewLine, File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<List<string>> ReadAsync(TextReader reader)
    {
        List<string> lines = [];
        await foreach (string line in OutputLines.ReadAsync(reader))
            lines.Add(line);
        return lines;
    }

    /// <summary>A reader that gives few characters at a time, as a pipe does.</summary>
    private sealed class Sips(string text, int most) : TextReader
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(Math.Min(most, buffer.Length), text.Length - _at);
            text.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return new(count);
        }
    }
}
