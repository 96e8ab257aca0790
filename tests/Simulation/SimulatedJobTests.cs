using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Simulation;

public sealed class SimulatedJobTests
{
    private static readonly FaultPlan Everything = new()
    {
        CallLost = 0.02,
        ReplyLost = 0.02,
        Duplicated = 0.05,
        SiloDeathsPerSecond = 0.2,
        SiloFreezesPerSecond = 0.2,
        CoordinatorDeathsPerSecond = 0.2,
        CheckpointFails = 0.2,
        MaxDelay = TimeSpan.FromMilliseconds(40),
    };

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("ORLEANSWORK_SIMULATION_SEEDS"), out int seeds) ? seeds : 300;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_NoFault_EndsWithTheReferenceValueAndNoWaste(bool spawned)
    {
        foreach (PolicyKind policy in Enum.GetValues<PolicyKind>())
        {
            foreach (long? chunk in new long?[] { null, 1, 7 })
            {
                Scenario scenario = new()
                {
                    Seed = 1,
                    Policy = policy,
                    ChunkUnits = chunk,
                    Spawned = spawned,
                };
                Outcome outcome = new SimulatedJob(scenario).Run();
                Assert.True(outcome.Ended, scenario.ToString());
                Assert.Equal(SimulatedJob.Reference(scenario.Units), outcome.Result);
                Assert.Equal(0, outcome.Wasted);
                Assert.Equal(scenario.Units, outcome.Attempts);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_AnyFaults_EndsWithTheReferenceValue(bool spawned)
    {
        int deaths = 0;
        int restarts = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Random random = new(seed);
            Scenario scenario = new()
            {
                Seed = seed,
                Units = 1 + random.NextInt64(800),
                Silos = 2 + random.Next(4),
                Slots = 1 + random.Next(3),
                Policy = (PolicyKind)random.Next(4),
                Spawned = spawned,
                ChunkUnits = random.Next(3) == 0 ? 1 + random.Next(20) : null,
                UnitMillis = random.Next(4) == 0 ? 300 : 4,
                Pareto = random.Next(2) == 0,
                UnitFails = random.Next(3) == 0 ? 0.02 : 0,
                Faults = Everything,
            };
            Outcome outcome;
            try
            {
                outcome = new SimulatedJob(scenario).Run();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }

            Assert.True(outcome.Ended, $"Seed {seed} did not end: {scenario}");
            Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
            deaths += outcome.Deaths;
            restarts += outcome.Epochs - 1;
        }

        Assert.True(deaths > Seeds / 10, $"Only {deaths} silos died in {Seeds} runs.");
        Assert.True(restarts > Seeds / 10, $"Only {restarts} coordinators restarted in {Seeds} runs.");
        TestContext.Current.SendDiagnosticMessage($"{Seeds} seeds, {deaths} silo deaths, {restarts} coordinator restarts, no violation");
    }

    [Fact]
    public void Run_BrokenAcceptanceRule_IsCaught()
    {
        Scenario scenario = new()
        {
            Seed = 3,
            Units = 64,
            ChunkUnits = 1,
            BreakAcceptance = true,
        };
        Exception? caught = Record.Exception(() =>
            Assert.Equal(SimulatedJob.Reference(scenario.Units), new SimulatedJob(scenario).Run().Result)
        );
        Assert.NotNull(caught);
    }
}
