using OrleansWork.Scheduling.Coordination;
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
        CoordinatorsLeavePerSecond = 0.2,
        StoreFails = 0.1,
        StoreAnswerLost = 0.05,
        CatalogFails = 0.1,
        StepFails = 0.1,
        MaxDelay = TimeSpan.FromMilliseconds(40),
    };

    internal static int Seeds =>
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
                Outcome outcome = Run(scenario);
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
        (int Deaths, int Restarts, int BlamedSteps)[] came = Seeded.Run(
            Seeds,
            seed =>
            {
                Scenario scenario = Any(seed) with { Spawned = spawned };
                Outcome outcome = Run(scenario);
                if (outcome.Failure is { Type: "PoisonStep" })
                    return (outcome.Deaths, outcome.Epochs - 1, 1);
                Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
                return (outcome.Deaths, outcome.Epochs - 1, 0);
            }
        );
        int deaths = came.Sum(run => run.Deaths);
        int restarts = came.Sum(run => run.Restarts);
        int blamedSteps = came.Sum(run => run.BlamedSteps);

        // Hardly any coordinator is killed three times in a row in the same step, the last two while that is recorded.
        Assert.True(blamedSteps <= Seeds / 10_000, $"{blamedSteps} of {Seeds} jobs were failed because of a step.");
        Assert.True(deaths > Seeds / 10, $"Only {deaths} silos died in {Seeds} runs.");
        Assert.True(restarts > Seeds / 10, $"Only {restarts} coordinators restarted in {Seeds} runs.");
        TestContext.Current.SendDiagnosticMessage($"{Seeds} seeds, {deaths} silo deaths, {restarts} coordinator restarts, no violation");
    }

    /// <summary>Whatever is changed of the options while it runs, the value is the same, and nobody is told of a change that is not stored.</summary>
    [Fact]
    public void Run_OptionsAreChanged_AnyFaults_EndsWithTheReferenceValue()
    {
        int changes = Seeded
            .Run(
                Seeds / 2,
                seed =>
                {
                    Scenario scenario = Any(seed) with { Spawned = seed % 2 == 0, Changed = true };
                    Outcome outcome = Run(scenario);
                    if (outcome.Failure is { Type: "PoisonStep" })
                        return 0;
                    Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
                    return outcome.Changes;
                }
            )
            .Sum();

        Assert.True(changes > Seeds / 2, $"Only {changes} changes in {Seeds / 2} runs.");
    }

    /// <summary>Leases of microseconds run in the turn that brings them, until one is longer than anybody thought.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_UnitsOfMicroseconds_AnyFaults_EndsWithTheReferenceValue(bool hasSurprises)
    {
        long[] ranInTurn = Seeded.Run(
            Math.Max(50, Seeds / 40),
            seed =>
            {
                Scenario scenario = Any(seed) with
                {
                    Units = 3_000,
                    UnitMillis = 0.004,
                    Lengths = hasSurprises ? UnitLengths.Pareto : UnitLengths.Constant,
                    ChunkUnits = 5,
                    UnitFails = 0,
                    People = false,
                    ItemBatches = 0,
                };
                Outcome outcome = Run(scenario);
                if (outcome.Failure is { Type: "PoisonStep" })
                    return 0;
                Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
                return outcome.RanInTurn;
            }
        );
        Assert.True(ranInTurn.Count(leases => leases > 0) > ranInTurn.Length / 2, $"Runs with such leases: {ranInTurn.Count(n => n > 0)}.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_UnitsThatEndTheirProcess_AreGivenUpWithinThreeDeathsEach(bool spawned)
    {
        Seeded.Run(
            Seeds / 4,
            seed =>
            {
                Random random = new(seed);
                long units = 2 + random.NextInt64(600);
                long[] poison = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => random.NextInt64(units)).Distinct()];
                if (units == poison.Length)
                    return;
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
        );
    }

    /// <summary>Nothing is wrong with any unit: whoever is given up ran alone when a process was killed, and not only was sent to it.</summary>
    [Fact]
    public void Run_ProcessesAreKilled_NoUnitIsGivenUpThatDidNotRunAloneThere()
    {
        (int Deaths, int BlamedSteps)[] came = Seeded.Run(
            Seeds / 2,
            seed =>
            {
                Scenario scenario = Killed(seed) with { Spawned = seed % 2 == 0 };
                Outcome outcome = Run(scenario);
                // Two processes a second end for half a minute: few jobs are killed twice in a row within the milliseconds of the same step.
                if (outcome.Failure is { Type: "PoisonStep" })
                    return (0, 1);
                Assert.True(SimulatedJob.Reference(scenario.Units, [.. outcome.Failed]) == outcome.Result, $"Seed {seed}: {scenario}");
                return (outcome.Deaths, 0);
            }
        );
        int deaths = came.Sum(run => run.Deaths);
        int blamedSteps = came.Sum(run => run.BlamedSteps);

        Assert.True(deaths > Seeds, $"Only {deaths} silos died in {Seeds / 2} runs.");
        Assert.True(blamedSteps <= Seeds / 400, $"{blamedSteps} of {Seeds / 2} jobs were failed because of a step.");
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

    internal static Scenario Any(int seed)
    {
        Random random = new(seed);
        return new Scenario
        {
            Seed = seed,
            Units = 1 + random.NextInt64(800),
            Silos = 2 + random.Next(4),
            Slots = 1 + random.Next(3),
            Policy = (PolicyKind)random.Next(4),
            ChunkUnits = random.Next(3) == 0 ? 1 + random.Next(20) : null,
            UnitMillis = random.Next(4) == 0 ? 300 : 4,
            Lengths = random.Next(2) == 0 ? UnitLengths.Pareto : UnitLengths.Constant,
            UnitFails = random.Next(3) == 0 ? 0.02 : 0,
            People = random.Next(3) == 0,
            ItemBatches = random.Next(4) == 0 ? 1 + random.Next(4) : 0,
            FullSeconds = random.Next(4) == 0 ? 3 : 0,
            StoreMillis = random.Next(3) == 0 ? 200 : 0,
            Faults = Everything,
        };
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

    /// <summary>Whatever a coordinator is about to do, its successor goes on from what is stored.</summary>
    [Theory]
    [InlineData(Blow.SiloStops)]
    [InlineData(Blow.Moves)]
    [InlineData(Blow.GivenUp)]
    [InlineData(Blow.Dies)]
    [InlineData(Blow.CutOff)]
    [InlineData(Blow.AnswerLost)]
    internal void Run_CoordinatorIsStruckAtAnyStepOfItsLife_EndsWithTheReferenceValue(Blow blow)
    {
        foreach (int batches in new[] { 0, 3 })
        {
            Scenario calm = new()
            {
                Seed = 1,
                Units = 200,
                UnitMillis = 20,
                ItemBatches = batches,
                People = true,
                Changed = true,
                RetriedAndForgotten = true,
                MaxAttempts = 2,
                UnitFails = 0.02,
                FullSeconds = 1,
            };
            int steps = Run(calm).LifeCommands;
            Assert.True(steps > 25, $"A whole life has only {steps} commands.");
            for (int step = 1; step <= steps; step++)
            {
                Outcome outcome = Run(calm with { StrikeAt = step, Strike = blow });
                Assert.True(
                    SimulatedJob.Reference(calm.Units) == outcome.Result,
                    $"{blow} at step {step} with {batches} batches: {outcome}"
                );
            }
        }
    }

    [Fact]
    public void Run_Canceled_EndsAsIsAcknowledged()
    {
        int canceled = Seeded
            .Run(
                Seeds / 2,
                seed =>
                {
                    Outcome outcome = Run(Any(seed) with { Canceled = true });
                    if (outcome.Phase != JobPhase.Canceled)
                        Assert.Equal(JobPhase.Succeeded, outcome.Phase);
                    return outcome.Phase == JobPhase.Canceled;
                }
            )
            .Count(wasCanceled => wasCanceled);

        Assert.True(canceled > Seeds / 8, $"Only {canceled} of {Seeds / 2} jobs were canceled.");
    }

    [Fact]
    public void Run_RetriedUntilNoUnitFails_EndsWithTheReferenceValueAndIsForgottenWhole()
    {
        int retries = Seeded
            .Run(
                Seeds / 2,
                seed =>
                {
                    Scenario scenario = Any(seed) with { RetriedAndForgotten = true, MaxAttempts = 2, UnitFails = 0.05 };
                    Outcome outcome = Run(scenario);
                    Assert.True(SimulatedJob.Reference(scenario.Units) == outcome.Result, $"Seed {seed} gave another value: {scenario}");
                    return outcome.Retries;
                }
            )
            .Sum();

        Assert.True(retries > Seeds / 8, $"Only {retries} retries in {Seeds / 2} runs.");
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
        Exception? caught = Record.Exception(() => Assert.Equal(SimulatedJob.Reference(scenario.Units), Run(scenario).Result));
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

    [Fact]
    public void Run_PlaceKeptAfterTheEnd_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakPlace = true });
        Assert.Contains("The place is kept", caught, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SnapshotOlderThanWhatIsStored_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakTag = true });
        Assert.Matches("committed units were stored after|was stored after epoch|was published 2 times|was stored as open", caught);
    }

    [Fact]
    public void Run_PauseAcknowledgedBeforeItIsStored_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakPause = true, People = true });
        Assert.Contains("The pause was acknowledged", caught, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OptionsAcknowledgedBeforeTheyAreStored_IsCaughtAndItsSeedNamed()
    {
        string caught = FirstViolation(scenario => scenario with { BreakOptions = true, Changed = true });
        Assert.Contains("was acknowledged, and", caught, StringComparison.Ordinal);
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

    private static Outcome Run(Scenario scenario) => SimulatedCluster.Run(scenario);
}
