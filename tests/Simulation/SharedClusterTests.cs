using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Simulation;

public sealed class SharedClusterTests
{
    [Theory]
    [InlineData(2, 2, 300, 300)]
    [InlineData(2, 2, 3_000, 50)]
    [InlineData(2, 2, 12_000, 20)]
    [InlineData(3, 1, 2_500, 2_500)]
    [InlineData(3, 1, 6_000, 1_000)]
    [InlineData(2, 32, 3_000, 1_000)]
    [InlineData(3, 4, 900, 30_000)]
    public void TwoJobs_AnyLengths_AskRarelyInVain(int silos, int slots, double firstMillis, double secondMillis)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            long units = 25L * silos * slots;
            Outcome[] outcomes = new SimulatedCluster(
                Job(seed, silos, slots, units, firstMillis),
                Job(seed, silos, slots, units, secondMillis) with
                {
                    SubmittedSeconds = 1.5,
                }
            ).Run();
            Assert.All(
                outcomes,
                outcome =>
                {
                    Assert.Equal(units, outcome.Attempts);
                    Assert.InRange(outcome.Leases, 1, 1.02 * outcome.Attempts);
                    AssertRarelyInVain(outcome, silos);
                }
            );
        }
    }

    [Fact]
    public void ManyJobs_OfManyLengths_AskRarelyInVain()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            Random random = new(seed);
            Scenario[] jobs =
            [
                .. Enumerable
                    .Range(0, 12)
                    .Select(_ =>
                        Job(seed, 3, 2, 40, 20 * Math.Pow(500, random.NextDouble())) with
                        {
                            SubmittedSeconds = 20 * random.NextDouble(),
                            Weight = random.Next(1, 11),
                        }
                    ),
            ];
            Outcome[] outcomes = new SimulatedCluster(jobs).Run();
            Assert.All(outcomes, outcome => Assert.InRange(outcome.Leases, 1, 1.02 * outcome.Attempts));
            Assert.All(outcomes, outcome => AssertRarelyInVain(outcome, silos: 3));
        }
    }

    [Fact]
    public void LongUnitsAlone_NothingWaitsBehindThemInVain()
    {
        Outcome outcome = Assert.Single(new SimulatedCluster(Job(1, 2, 1, 20, 60_000)).Run());
        Assert.Equal(20, outcome.Leases);
        Assert.Equal(0, outcome.Refused);

        // Each silo learns once how long they take.
        Assert.InRange(outcome.HandedBack, 0, 2);
    }

    [Fact]
    public void SecondJob_WhileTheFirstFillsEverySilo_StartsWithinTwoOfItsLeases()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            Outcome[] outcomes = new SimulatedCluster(
                Job(seed, 3, 2, 2_000, 1_000),
                Job(seed, 3, 2, 30, 10) with
                {
                    SubmittedSeconds = 10.3,
                }
            ).Run();
            Assert.InRange(outcomes[1].FirstStartSeconds, 0, 2.1);
            Assert.True(outcomes[1].Makespan < outcomes[0].Makespan / 2);
        }
    }

    /// <summary>What ends processes is found and given up, and nothing of the jobs that run beside it.</summary>
    [Fact]
    public void JobsBesideOneThatEndsProcesses_NoUnitOfTheirsIsGivenUp()
    {
        Seeded.Run(
            Seeds,
            seed =>
            {
                Random random = new(seed);
                long[] poison = [random.NextInt64(60)];
                Scenario first = Job(seed, 2 + random.Next(4), 1 + random.Next(3), 60, random.Next(2) == 0 ? 200 : 5) with
                {
                    Poison = poison,
                    PoisonMillis = random.Next(2) == 0 ? 1 : 500,
                    DetectionSeconds = new[] { 0.3, 1, 2 }[random.Next(3)],
                    CallsFailAtOnce = random.Next(2) == 0,
                    PrepareMillis = new[] { 0, 500, 2_000 }[random.Next(3)],
                    StoreMillis = random.Next(2) == 0 ? 60 : 0,
                };
                Scenario[] others =
                [
                    .. Enumerable
                        .Range(0, 1 + random.Next(3))
                        .Select(_ =>
                            first with
                            {
                                Poison = [],
                                GivesUp = true,
                                Units = 20 + random.Next(200),
                                UnitMillis = 5 * Math.Pow(100, random.NextDouble()),
                                SubmittedSeconds = 3 * random.NextDouble(),
                            }
                        ),
                ];
                Outcome[] outcomes = new SimulatedCluster([first, .. others]).Run();
                Assert.True(outcomes[0].Failed.SequenceEqual(poison), $"Seed {seed}: {outcomes[0]}");
                Assert.True(outcomes[0].MostDeathsOfAUnit <= SuspectTable.DeathsToPoison, $"Seed {seed}: {outcomes[0]}");
                for (int i = 1; i < outcomes.Length; i++)
                {
                    Assert.True(outcomes[i].Failed.Count == 0, $"Seed {seed}: {outcomes[i]}");
                    Assert.True(SimulatedJob.Reference(others[i - 1].Units) == outcomes[i].Result, $"Seed {seed}: {outcomes[i]}");
                }
            }
        );
    }

    /// <summary>What ends processes outside units fails its job, which says where; nobody else is blamed.</summary>
    [Theory]
    [InlineData(KindStep.CountUnits, 0)]
    [InlineData(KindStep.Items, 3)]
    [InlineData(KindStep.Prepare, 0)]
    [InlineData(KindStep.Combine, 0)]
    [InlineData(KindStep.Finish, 0)]
    internal void StepThatEndsItsProcess_ItsJobFailsAndSaysSo(KindStep step, int batches)
    {
        int blamed = Seeded
            .Run(
                Seeds,
                seed =>
                {
                    Random random = new(seed);
                    Scenario first = Job(seed, 2 + random.Next(4), 1 + random.Next(3), 60, random.Next(2) == 0 ? 200 : 5) with
                    {
                        FatalStep = step,
                        ItemBatches = batches,
                        GivesUp = true,
                        DetectionSeconds = new[] { 0.3, 1, 2 }[random.Next(3)],
                        CallsFailAtOnce = random.Next(2) == 0,
                        StoreMillis = random.Next(2) == 0 ? 60 : 0,
                    };
                    Scenario second = first with
                    {
                        FatalStep = null,
                        ItemBatches = 0,
                        Units = 20 + random.Next(200),
                        UnitMillis = 5 * Math.Pow(100, random.NextDouble()),
                        SubmittedSeconds = 3 * random.NextDouble(),
                    };
                    Scenario third = first with { SubmittedSeconds = 20 * random.NextDouble() };
                    Outcome[] outcomes = new SimulatedCluster(first, second, third).Run();
                    foreach (Outcome fatal in new[] { outcomes[0], outcomes[2] })
                    {
                        Assert.True(fatal.Phase == JobPhase.Failed, $"Seed {seed}: {fatal}");
                        Assert.Equal("PoisonStep", fatal.Failure!.Type);
                        Assert.StartsWith(step.ToString(), fatal.Failure!.Message, StringComparison.Ordinal);
                    }

                    ulong expected = SimulatedJob.Reference(second.Units, [.. outcomes[1].Failed]);
                    Assert.True(expected == outcomes[1].Result, $"Seed {seed}: {outcomes[1]}");
                    // Three each, and what one of them ended in a step of the other that was not recorded yet.
                    int most = 2 + (2 * (step == KindStep.Combine ? 2 + first.Silos : 3));
                    Assert.True(outcomes[0].Deaths <= most, $"Seed {seed}: {outcomes[0].Deaths} processes ended: {outcomes[0]}");
                    return outcomes.Count(outcome => outcome.Failed.Count > 0);
                }
            )
            .Sum();

        // Two kinds at once end processes all the time; what nobody can tell from a unit that does is rare.
        Assert.True(blamed <= 1 + (Seeds / 100), $"In {blamed} of {Seeds} runs a unit was blamed.");
    }

    /// <summary>Silos, stores and coordinators of several jobs are struck at once; places are few.</summary>
    [Fact]
    public void ManyJobs_AnyFaults_EndWithTheirReferenceValues()
    {
        int blamedSteps = Seeded
            .Run(
                Seeds,
                seed =>
                {
                    Random random = new(seed);
                    Scenario[] jobs =
                    [
                        .. Enumerable
                            .Range(0, 2 + random.Next(3))
                            .Select(_ =>
                                SimulatedJobTests.Any(seed) with
                                {
                                    Units = 1 + random.NextInt64(200),
                                    UnitMillis = random.Next(3) == 0 ? 300 : 4,
                                    SubmittedSeconds = 5 * random.NextDouble(),
                                    MaxRunning = 1 + random.Next(3),
                                    Weight = random.Next(1, 11),
                                    GivesUp = true,
                                    Spawned = random.Next(3) == 0,
                                    Changed = random.Next(2) == 0,
                                }
                            ),
                    ];
                    int steps = 0;
                    Outcome[] outcomes = new SimulatedCluster(jobs).Run();
                    for (int i = 0; i < jobs.Length; i++)
                    {
                        // Coordinators are killed all the time: some twice in a row within the milliseconds of the same recorded step.
                        if (outcomes[i].Failure is { Type: "PoisonStep" })
                        {
                            steps++;
                            continue;
                        }

                        if (outcomes[i].Failure is { Type: "NoUnitSucceeded" })
                            continue;
                        ulong expected = SimulatedJob.Reference(jobs[i].Units, [.. outcomes[i].Failed]);
                        Assert.True(expected == outcomes[i].Result, $"Seed {seed}: {outcomes[i]}");
                    }

                    return steps;
                }
            )
            .Sum();

        Assert.True(blamedSteps <= 1 + (Seeds / 500), $"In {blamedSteps} of {Seeds} runs a job was failed because of a step.");
    }

    /// <summary>
    /// Who has seen many end that a unit had nothing to do with does not believe that it ended those which ran it: with three deaths for everybody, one is
    /// given up in every third run. Whoever comes while nobody has seen that yet may be given up all the same, seldom.
    /// </summary>
    [Theory]
    [InlineData(0, 0.06)]
    [InlineData(45, 0.01)]
    public void KilledAtRandomForMinutes_NoUnitIsGivenUpButSeldom(double firstJobSeconds, double mostBlamedPerRun)
    {
        int runs = Math.Max(10, Seeds / 20);
        int blamed = Seeded
            .Run(
                runs,
                seed =>
                {
                    Scenario[] jobs = Troubled(seed, firstJobSeconds);
                    Outcome[] outcomes = new SimulatedCluster(jobs).Run();
                    for (int i = 0; i < jobs.Length; i++)
                    {
                        Assert.True(
                            SimulatedJob.Reference(jobs[i].Units, [.. outcomes[i].Failed]) == outcomes[i].Result,
                            $"Seed {seed}: {outcomes[i]}"
                        );
                    }

                    return outcomes.Sum(outcome => outcome.Failed.Count);
                }
            )
            .Sum();

        Assert.True(blamed <= 1 + (mostBlamedPerRun * runs), $"{blamed} units were given up in {runs} runs.");
    }

    /// <summary>What ends processes is found all the same, by a few deaths more.</summary>
    [Fact]
    public void KilledAtRandomForMinutes_UnitThatEndsItsProcess_IsGivenUp()
    {
        int runs = Math.Max(10, Seeds / 20);
        int[] deaths = Seeded.Run(
            runs,
            seed =>
            {
                Scenario[] jobs = Troubled(seed, firstJobSeconds: 45);
                jobs[7] = jobs[7] with { Poison = [seed % 200] };
                Outcome[] outcomes = new SimulatedCluster(jobs).Run();
                Assert.True(outcomes[7].Failed.Contains(seed % 200), $"Seed {seed}: {outcomes[7]}");
                return outcomes[7].MostDeathsOfAUnit;
            }
        );

        Assert.True(deaths.Max() > SuspectTable.DeathsToPoison, "Nobody's death has asked for more.");
        // Coordinators are killed too: a death that happens while none lives goes uncounted now and then.
        int late = deaths.Count(count => count > SuspectTable.DeathsToPoison + Unrest.MostMore);
        Assert.True(late <= 1 + (runs / 30), $"In {late} of {runs} runs more processes were ended.");
    }

    /// <summary>What is suspect runs alone for a while; all the rest goes on.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(20)]
    [InlineData(2_000)]
    public void TwoSilosDieWithinASecond_HalfTheRateIsBackAfterFifteenSeconds(double unitMillis)
    {
        const int TwoDieAt = 30;
        Seeded.Run(
            20,
            seed =>
            {
                foreach (double detection in new[] { 1.0, 4.0 })
                {
                    Scenario scenario = Job(seed, 4, 2, (long)(120_000 / unitMillis * 8), unitMillis) with
                    {
                        GivesUp = true,
                        DetectionSeconds = detection,
                        CallsFailAtOnce = seed % 2 == 0,
                        Faults = new FaultPlan { MaxDelay = TimeSpan.FromMilliseconds(1.5), TwoDieAtSeconds = TwoDieAt },
                    };
                    Outcome outcome = SimulatedCluster.Run(scenario);
                    double before = (outcome.DoneBySecond[TwoDieAt - 1] - outcome.DoneBySecond[TwoDieAt - 11]) / 10.0;
                    double after = (outcome.DoneBySecond[TwoDieAt + 24] - outcome.DoneBySecond[TwoDieAt + 14]) / 10.0;
                    Assert.True(
                        after >= before / 2,
                        $"Seed {seed}, detection {detection} s: {before} units/s before, {after} after 15 s: {string.Join(' ', outcome.DoneBySecond)}"
                    );
                }
            }
        );
    }

    private static int Seeds => SimulatedJobTests.Seeds / 3;

    /// <summary>For minutes somebody kills and freezes silos and takes storage away, while jobs of short and of long units come and go.</summary>
    internal static Scenario[] Troubled(int seed, double firstJobSeconds)
    {
        Random random = new(seed);
        Scenario first = new()
        {
            Seed = seed,
            Silos = 4,
            Slots = 2,
            GivesUp = true,
            PrepareMillis = random.Next(2) * 500,
            DetectionSeconds = new[] { 0.3, 1, 2 }[random.Next(3)],
            CallsFailAtOnce = true,
            StoreMillis = 20,
            Faults = new FaultPlan
            {
                KillsPerSecond = 0.15,
                SiloFreezesPerSecond = 0.06,
                FrozenSeconds = 3.8,
                StoreOutagesPerSecond = 0.05,
                Ends = TimeSpan.FromMinutes(5),
            },
        };
        return
        [
            .. Enumerable
                .Range(0, 20)
                .Select(i =>
                    first with
                    {
                        Units = i % 2 == 0 ? 24 : 200,
                        UnitMillis = i % 2 == 0 ? 1_500 : 100,
                        SubmittedSeconds = firstJobSeconds + (i * 12),
                    }
                ),
        ];
    }

    /// <summary>A silo says what it takes, so a refusal is a race, or the first word of it; a lease waits out its limit behind others' units, once in
    /// five seconds on a silo.</summary>
    private static void AssertRarelyInVain(Outcome outcome, int silos)
    {
        Assert.InRange(outcome.Refused, 0, (0.3 * outcome.Attempts) + (3 * silos));
        Assert.InRange(outcome.HandedBack, 0, silos * ((outcome.Makespan.TotalSeconds / 5) + 1));
    }

    private static Scenario Job(int seed, int silos, int slots, long units, double unitMillis) =>
        new()
        {
            Seed = seed,
            Silos = silos,
            Slots = slots,
            Units = units,
            UnitMillis = unitMillis,
            Faults = new FaultPlan { MaxDelay = TimeSpan.FromMilliseconds(1.5), Ends = TimeSpan.Zero },
        };
}
