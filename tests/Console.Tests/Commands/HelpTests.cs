using System.ComponentModel.DataAnnotations;
using OrleansWork.Console.Input;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Commands;

/// <summary>What <c>--help</c> says.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly ConsoleRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Help_ArgumentsOfCommands_SayWhichMayBeLeftOut()
    {
        Assert.Equal(0, await _run.RunAsync("--help"));
        Assert.Contains("\n  run <KIND> [--FIELD VALUE] ", _run.Out, StringComparison.Ordinal);
        Assert.Contains("\n  kinds [KIND] ", _run.Out, StringComparison.Ordinal);
        Assert.Contains("\n  completion <SHELL> ", _run.Out, StringComparison.Ordinal);
        Assert.Contains("\n  show <ID> ", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunHelp_OptionsThatMayBeRepeated_SaySo()
    {
        Assert.Equal(0, await _run.RunAsync("run", "--help"));
        foreach (string option in (string[])["--set", "--jobs", "--require"])
            Assert.Contains("; may be repeated", LineOf(option), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunHelp_Kind_FieldsComeBeforeTheOptionsOfEveryJob()
    {
        Assert.Equal(0, await _run.RunAsync("run", "primes", "--help"));
        int fields = _run.Out.IndexOf("\n--to ", StringComparison.Ordinal);
        Assert.True(fields > 0 && fields < _run.Out.IndexOf("Options:", StringComparison.Ordinal), _run.Out);
        Assert.Contains("--placement", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunHelp_NoCluster_HasTheOptionsAllTheSame()
    {
        _run.Cluster.ConnectFailure = new ClusterUnreachableException("No cluster reached.");
        Assert.Equal(0, await _run.RunAsync("run", "primes", "--help"));
        Assert.Contains("--placement", _run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_DurationsRangesAndNull_AreShownAsUsersWriteThem()
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(typeof(Timed));
        _run.Context.Terminal.WriteTable(Tables.Fields(new InputSchema(kind.InputSchema())));
        Assert.Matches(@"(?m)^--pause +duration\b", _run.Out);
        Assert.Matches(@"(?m)^--limit +duration$", _run.Out);
        Assert.Matches(@"(?m)^--days +integer +3 +1 to 9$", _run.Out);
    }

    private string LineOf(string option) =>
        Assert.Single(_run.Out.Split('\n'), line => line.StartsWith($"  {option} ", StringComparison.Ordinal));

    [JobKind("p-timed")]
    private sealed class Timed : JobKind<Timed.Input, long>
    {
        public override long CountUnits(Input input) => 1;

        public override long RunUnit(Input input, long unit, UnitContext context) => 0;

        public override long Combine(long left, long right) => left + right;

        public sealed record Input(TimeSpan Pause, [Range(1, 9)] int Days = 3, TimeSpan? Limit = null);
    }
}
