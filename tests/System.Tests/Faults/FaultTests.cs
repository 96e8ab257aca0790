using OrleansWork.SystemTests.Faults.Driver;

namespace OrleansWork.SystemTests.Faults;

/// <summary>The promises of docs/operations.md under real faults, on real processes.</summary>
public sealed class FaultTests(FaultSuite suite) : IClassFixture<FaultSuite>
{
    public static IEnumerable<TheoryDataRow<string>> Rows => FaultSuite.Rows.Select(r => new TheoryDataRow<string>(r.Id));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Fault_KeepsItsPromises(string row)
    {
        Assert.SkipWhen(FaultSuite.SkipReason is not null, FaultSuite.SkipReason ?? "");
        FaultOutcome outcome = await suite.OutcomeOf(row);
        Assert.True(outcome.Failure is null, outcome.Failure ?? "");
        foreach (TableLine line in outcome.Lines)
            Assert.True(line.Held != false, $"{line.Row}: {line.Limit}, but {line.Figure}{Environment.NewLine}{outcome.Story}");
    }
}
