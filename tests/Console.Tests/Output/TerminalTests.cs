using System.Text;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed class TerminalTests
{
    [Fact]
    public void WriteTable_WiderThanTheTerminal_LosesNothing()
    {
        using MemoryStream output = new();
        Terminal terminal = new(output, TextWriter.Null, outIsTerminal: true, errorIsTerminal: true, color: false);
        terminal.OutConsole.Profile.Width = 40;
        const string Silo = "127.0.0.1:11111@154632560";
        terminal.WriteTable(
            Tables.Silos([new SiloStatus(Silo, "draining", 2, 0, 0, 0, 0, 0, 1 << 20, 1 << 30, new Dictionary<string, string>(), [])])
        );
        string[] lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains(Silo, lines[1], StringComparison.Ordinal);
        Assert.Contains("1 MiB of 1 GiB", lines[1], StringComparison.Ordinal);
    }
}
