using OrleansWork.Scheduling.Failures;
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
        CoordinatorSplitsPerSecond = 0.1,
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
            Outcome outcome = Run(scenario);
            Assert.True(outcome.Ended, $"Seed {seed} did not end: {scenario}");
            Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
            deaths += outcome.Deaths;
            restarts += outcome.Epochs - 1;
        }

        Assert.True(deaths > Seeds / 10, $"Only {deaths} silos died in {Seeds} runs.");
        Assert.True(restarts > Seeds / 10, $"Only {restarts} coordinators restarted in {Seeds} runs.");
        TestContext.Current.SendDiagnosticMessage($"{Seeds} seeds, {deaths} silo deaths, {restarts} coordinator restarts, no violation");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_UnitsThatEndTheirProcess_AreGivenUpWithinThreeDeathsEach(bool spawned)
    {
        for (int seed = 1; seed <= Seeds / 4; seed++)
        {
            Random random = new(seed);
            long units = 2 + random.NextInt64(600);
            long[] poison = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => random.NextInt64(units)).Distinct()];
            if (units == poison.Length)
                continue;
            double poisonMillis = random.Next(2) == 0 ? new[] { 200, 1_000, 2_000, 3_000 }[random.Next(4)] : 0.5;
            double detection = new[] { 0.3, 1, 2, 4 }[random.Next(4)];
            Scenario scenario = new()
            {
                Seed = seed,
                Units = units,
                Silos = 1 + random.Next(4),
                Slots = 1 + random.Next(3),
                Policy = (PolicyKind)random.Next(4),
                Spawned = spawned,
                ChunkUnits = random.Next(2) == 0 ? 1 + random.Next(50) : null,
                UnitMillis = random.Next(4) == 0 ? 300 : 2,
                Poison = poison,
                PoisonMillis = poisonMillis,
                // What a silo has goes elsewhere after five seconds of silence: one that ends later than that ends the other's process, too.
                PoisonIsSilent = random.Next(3) == 0 && (poisonMillis / 1_000) + detection < 5,
                DetectionSeconds = detection,
                CallsFailAtOnce = random.Next(2) == 0,
                StoreMillis = random.Next(2) == 0 ? 60 : 0,
            };
            Outcome outcome = Run(scenario);
            string told = $"Seed {seed}, poison {string.Join(", ", poison)}: {outcome}, {scenario}";
            Assert.True(outcome.Ended, told);
            Assert.True(outcome.Failed.Order().SequenceEqual(poison.Order()), told);
            Assert.True(SimulatedJob.Reference(units, poison) == outcome.Result, told);
            // Two such units may be in one lease, or on one silo, and die for each other.
            Assert.True(outcome.MostDeathsOfAUnit <= SuspectTable.DeathsToPoison, told);
        }
    }

    /// <summary>Nothing is wrong with any unit: whoever is given up ran alone when a process was killed, and not only was sent to it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_ProcessesAreKilled_NoUnitIsGivenUpThatDidNotRunAloneThere(bool spawned)
    {
        int deaths = 0;
        for (int seed = 1; seed <= Seeds / 2; seed++)
        {
            Scenario scenario = Killed(seed) with { Spawned = spawned };
            Outcome outcome = Run(scenario);
            Assert.True(outcome.Ended, $"Seed {seed} did not end: {scenario}");
            Assert.True(SimulatedJob.Reference(scenario.Units, [.. outcome.Failed]) == outcome.Result, $"Seed {seed}: {scenario}");
            deaths += outcome.Deaths;
        }

        Assert.True(deaths > Seeds, $"Only {deaths} silos died in {Seeds / 2} runs.");
    }

    [Fact]
    public void Run_LoneCanaryCountedBeforeItBegan_IsCaughtAndItsSeedNamed()
    {
        for (int seed = 1; seed <= 1_000; seed++)
        {
            Exception? caught = Record.Exception(() => Run(Killed(seed) with { BreakBeginning = true }));
            if (caught is null)
                continue;
            Assert.Contains($"Seed {seed}:", caught.Message, StringComparison.Ordinal);
            Assert.Contains("no process ended that ran it alone", caught.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Fail("A unit that never began is given up, and no seed of a thousand shows it.");
    }

    private static Scenario Killed(int seed)
    {
        Random random = new(seed);
        return new Scenario
        {
            Seed = seed,
            Units = 2 + random.NextInt64(300),
            Silos = 2 + random.Next(4),
            Slots = 1 + random.Next(3),
            Policy = (PolicyKind)random.Next(4),
            ChunkUnits = random.Next(2) == 0 ? 1 + random.Next(10) : null,
            UnitMillis = random.Next(2) == 0 ? 300 : 20,
            GivesUp = true,
            PrepareMillis = new[] { 0, 500, 2_000 }[random.Next(3)],
            DetectionSeconds = new[] { 0.3, 1, 2 }[random.Next(3)],
            CallsFailAtOnce = random.Next(2) == 0,
            StoreMillis = random.Next(2) == 0 ? 60 : 0,
            Faults = new FaultPlan
            {
                CallLost = random.Next(2) == 0 ? 0.02 : 0,
                ReplyLost = random.Next(2) == 0 ? 0.02 : 0,
                SiloDeathsPerSecond = 2,
                CoordinatorDeathsPerSecond = random.Next(2) == 0 ? 0.2 : 0,
                Ends = TimeSpan.FromSeconds(30),
            },
        };
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

    [Fact]
    public void Run_BrokenFence_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakFence = true });
        Assert.Contains("took a lease of epoch", caught, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ResultPublishedBeforeItIsStored_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakPublish = true });
        Assert.Contains("was published 2 times", caught, StringComparison.Ordinal);
    }

    private static string FirstViolation(Func<Scenario, Scenario> broken)
    {
        for (int seed = 1; seed <= 1_000; seed++)
        {
            Scenario scenario = new()
            {
                Seed = seed,
                Units = 200,
                ChunkUnits = 5,
                UnitMillis = 20,
                Faults = Everything with { CoordinatorDeathsPerSecond = 1, CoordinatorSplitsPerSecond = 1 },
            };
            try
            {
                Run(broken(scenario));
            }
            catch (InvalidOperationException caught)
            {
                TestContext.Current.SendDiagnosticMessage(caught.Message);
                Assert.Contains($"Seed {seed}:", caught.Message, StringComparison.Ordinal);
                return caught.Message;
            }
        }

        return "nothing";
    }

    private static Outcome Run(Scenario scenario)
    {
        try
        {
            return new SimulatedJob(scenario).Run();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Seed {scenario.Seed}: {exception.Message}", exception);
        }
    }
}
