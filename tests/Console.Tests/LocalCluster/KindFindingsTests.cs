using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class KindFindingsTests
{
    [Fact]
    public void Findings_OfSeveralSilos_AreToldOnceAKind()
    {
        using StringWriter log = new() { NewLine = "\n" };
        KindFindings findings = new(log);
        findings.Take("found mean: Combine is not associative: of units 0, 1 and 2, the first two combined first give 1, the last two 2.");
        findings.Take("found mean: Combine is not associative: of units 3, 4 and 5, the first two combined first give 3, the last two 4.");
        findings.Take("found \u001b[2J: it moves cursors");
        findings.Take("something else");
        string[] lines = log.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("warning: job kind mean: Combine is not associative: of units 0, 1 and 2", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', lines[1]);
    }
}
