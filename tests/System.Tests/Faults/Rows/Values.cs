using System.Globalization;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>Partials that may not be what they were once they have crossed.</summary>
internal static class Values
{
    private const int Random = 1100;

    /// <summary>F90: the types that <c>PartialShapeTests</c> generates, in a process of their own.</summary>
    public static async Task CrossAsync(FaultRun run)
    {
        // It computes for minutes, and the rows beside it are about time: it takes what they leave.
        await using RunningProgram tests = RunningProgram.StartProgram(
            "nice",
            ["-n", "19", Programs.Dotnet, Programs.ValueTests, "-noColor", "-showLiveOutput", "-class", "*.PartialShapeTests"],
            ("ORLEANSWORK_VALUE_TYPES", Random.ToString(CultureInfo.InvariantCulture))
        );
        int code = await tests.ExitCodeAsync(TimeSpan.FromMinutes(25));
        MatchCollection figures = Regex.Matches(
            tests.Output,
            @"(?<types>\d+) types, twice each: (?<carried>\d+) carried, \d+ refused when loaded, \d+ failed by name, (?<wrong>\d+) wrong",
            RegexOptions.CultureInvariant
        );
        int types = figures.Sum(figure => Number(figure, "types"));
        int carried = figures.Sum(figure => Number(figure, "carried"));
        Assert.True(code == 0 && types > Random, tests.Output + tests.Error);
        run.Measured($"wrong values with success, of {types} types twice each", figures.Sum(figure => Number(figure, "wrong")), 0, "");
        run.Holds("what could be carried was", $"{carried} times", carried > types);
    }

    private static int Number(Match figure, string group) => int.Parse(figure.Groups[group].Value, CultureInfo.InvariantCulture);
}
