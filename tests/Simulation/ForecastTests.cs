using Xunit;

namespace OrleansWork.Simulation;

public sealed class ForecastTests
{
    private const int Jobs = 50;
    private static readonly double[] s_parts = [0.25, 0.5, 0.75];

    /// <summary>What is said when half of a job is done holds its true end, eight times in ten, however long its units are and however unequal.</summary>
    [Theory]
    [InlineData(UnitLengths.Constant, 20_000, 10)]
    [InlineData(UnitLengths.Constant, 1_000, 300)]
    [InlineData(UnitLengths.Exponential, 20_000, 10)]
    [InlineData(UnitLengths.Exponential, 1_000, 300)]
    [InlineData(UnitLengths.Pareto, 20_000, 10)]
    [InlineData(UnitLengths.Pareto, 1_000, 300)]
    internal void Eta_HoldsTheEnd_EightTimesInTen(UnitLengths lengths, long units, double unitMillis)
    {
        Outcome[] outcomes = Seeded.Run(
            Jobs,
            seed =>
                SimulatedCluster.Run(
                    new Scenario
                    {
                        Seed = seed,
                        Units = units,
                        Slots = 4,
                        UnitMillis = unitMillis,
                        Lengths = lengths,
                        Forecast = true,
                    }
                )
        );

        int[] held = [.. s_parts.Select(part => outcomes.Count(outcome => HeldAfter(outcome, part)))];
        TestContext.Current.SendDiagnosticMessage(
            $"{lengths}, {units} units of {unitMillis} ms: after a quarter, a half, three quarters {string.Join(", ", held)} of {Jobs} held the end, "
                + $"intervals of {outcomes.Average(Width):0 %} of what was left"
        );
        Assert.True(held[1] >= Jobs * 0.8, $"Only {held[1]} of {Jobs} intervals held the end.");
        Assert.True(held.Sum() >= 3 * Jobs * 0.8, $"Only {held.Sum()} of {3 * Jobs} intervals held the end.");
    }

    private static bool HeldAfter(Outcome outcome, double part) => outcome.Forecasts.First(f => f.Done >= part).Holds(outcome.Makespan);

    private static double Width(Outcome outcome)
    {
        Forecast half = outcome.Forecasts.First(f => f.Done >= 0.5);
        return (half.Left.High - half.Left.Low) / (outcome.Makespan - half.At);
    }
}
