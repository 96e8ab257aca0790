using System.Globalization;
using System.Text;
using OrleansWork.Engine.Execution;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

/// <summary>Changes the test process itself for a moment, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(ProcessStateTests), DisableParallelization = true)]
[Collection(nameof(ProcessStateTests))]
public sealed class ProcessStateTests
{
    [Theory]
    [InlineData("directory")]
    [InlineData("removed-directory")]
    [InlineData("in")]
    [InlineData("out")]
    [InlineData("error")]
    [InlineData("encoding")]
    [InlineData("exit-code")]
    [InlineData("culture")]
    [InlineData("set-variable")]
    [InlineData("change-variable")]
    [InlineData("remove-variable")]
    public async Task WhatAUnitChangesOfTheProcess_IsBackBeforeTheNext(string what)
    {
        Environment.SetEnvironmentVariable("ORLEANSWORK_TEST_KEPT", "before");
        await using PoolHarness pool = new(o => (o.Slots, o.OwnsProcess) = (1, true));
        pool.AddJob("a", "process", new ProcessKind.Input(what), 100);
        pool.AddJob("b", "process", new ProcessKind.Input("nothing"), 100);
        string before = ProcessKind.Describe();
        Assert.Null((await pool.Run("a", 0, 20)).Reports[0].Failure);
        Assert.Null((await pool.Run("b", 0, 20)).Reports[0].Failure);
        Assert.Equal([before], pool.Probe.Events.Distinct());
    }

    [Fact]
    public async Task InAHostOfOnesOwn_NothingIsPutBack()
    {
        CultureInfo? before = CultureInfo.DefaultThreadCurrentCulture;
        await using PoolHarness pool = new(o => o.Slots = 1);
        try
        {
            pool.AddJob("a", "process", new ProcessKind.Input("culture"), 100);
            await pool.Run("a", 0, 1);
            Assert.NotEqual(before, CultureInfo.DefaultThreadCurrentCulture);
        }
        finally
        {
            CultureInfo.DefaultThreadCurrentCulture = before;
        }
    }
}

/// <summary>Units that change something of the process, each after it has looked.</summary>
[JobKind("process")]
internal sealed class ProcessKind(Probe probe) : JobKind<ProcessKind.Input, long>
{
    public sealed record Input(string What);

    public static string Describe() =>
        string.Join(
            '|',
            Environment.CurrentDirectory,
            Console.In.GetHashCode(),
            Console.Out.GetHashCode(),
            Console.Error.GetHashCode(),
            Console.InputEncoding.WebName,
            Console.OutputEncoding.WebName,
            Environment.ExitCode,
            CultureInfo.DefaultThreadCurrentCulture?.NumberFormat.NumberDecimalSeparator,
            Environment.GetEnvironmentVariable("ORLEANSWORK_TEST_ADDED"),
            Environment.GetEnvironmentVariable("ORLEANSWORK_TEST_KEPT")
        );

    public override long CountUnits(Input input) => 100;

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        probe.Events.Enqueue(Describe());
        switch (input.What)
        {
            case "directory":
                Environment.CurrentDirectory = Path.GetTempPath();
                break;
            case "removed-directory":
                string folder = Directory.CreateTempSubdirectory("orleanswork-test-").FullName;
                Environment.CurrentDirectory = folder;
                Directory.Delete(folder);
                break;
            case "in":
                Console.SetIn(new StringReader("left"));
                break;
            case "out":
                Console.SetOut(new StringWriter());
                break;
            case "error":
                Console.SetError(new StringWriter());
                break;
            case "encoding":
                Console.InputEncoding = Encoding.Latin1;
                Console.OutputEncoding = Encoding.Latin1;
                break;
            case "exit-code":
                Environment.ExitCode = 77;
                break;
            case "culture":
                CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
                culture.NumberFormat.NumberDecimalSeparator = ",";
                CultureInfo.DefaultThreadCurrentCulture = culture;
                break;
            case "set-variable":
                Environment.SetEnvironmentVariable("ORLEANSWORK_TEST_ADDED", "left");
                break;
            case "change-variable":
                Environment.SetEnvironmentVariable("ORLEANSWORK_TEST_KEPT", "left");
                break;
            case "remove-variable":
                Environment.SetEnvironmentVariable("ORLEANSWORK_TEST_KEPT", null);
                break;
        }

        return 1;
    }

    public override long Combine(long left, long right) => left + right;
}
