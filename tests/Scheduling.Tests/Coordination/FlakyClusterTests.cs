using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>Jobs whose units fail: whoever is to blame, the job must go on as long as some attempt can succeed.</summary>
public sealed class FlakyClusterTests
{
    public static IEnumerable<TheoryDataRow> Clusters
    {
        get
        {
            List<TheoryDataRow> data = [];
            foreach (PolicyKind kind in Enum.GetValues<PolicyKind>())
            foreach (int seed in (int[])[1, 2, 3])
            {
                data.Add(new TheoryDataRow(kind, seed, (double[])[0.4, 0.4, 0.4])); // everybody fails alike
                data.Add(new TheoryDataRow(kind, seed, (double[])[0.5]));
                data.Add(new TheoryDataRow(kind, seed, (double[])[0.02, 0.98])); // one good, one bad
                data.Add(new TheoryDataRow(kind, seed, (double[])[0.02, 0.02, 0.98]));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Clusters))]
    internal void Run_UnitsFail_TheJobEnds(PolicyKind kind, int seed, double[] failureRates)
    {
        const long Units = 2_000;
        JobMachine machine = new(
            new()
            {
                Policy = kind,
                MaxAttempts = 100,
                Seed = seed,
                ChunkUnits = 10,
            },
            epoch: 1
        );
        Random random = new(seed);
        PriorityQueue<JobEvent, TimeSpan> events = new();
        TimeSpan now = TimeSpan.Zero;
        TimeSpan? wake = null;
        events.Enqueue(new Decomposed(Units), now);
        for (int silo = 0; silo < failureRates.Length; silo++)
            events.Enqueue(new SiloChanged($"silo{silo}", 2, Takes: true, 0, 0, Heard: true), now);
        events.Enqueue(new Started(), now);

        List<JobCommand> commands = [];
        while (machine.Phase is JobPhase.Decomposing or JobPhase.Running)
        {
            JobEvent happened;
            if (wake is { } at && (!events.TryPeek(out _, out TimeSpan due) || due > at))
            {
                (now, wake, happened) = (at, null, new TimerFired(TimeSpan.Zero));
                for (int silo = 0; silo < failureRates.Length; silo++)
                    events.Enqueue(new HeartbeatReceived($"silo{silo}", []), now + TimeSpan.FromMilliseconds(1));
            }
            else
            {
                Assert.True(events.TryDequeue(out happened!, out now), "Nothing is in flight and nothing is wished for: the job hangs.");
            }

            // Back-off alone keeps an unlucky unit for minutes: 30 s for each failure after the eighth.
            Assert.True(
                now < TimeSpan.FromMinutes(30),
                $"After {now} only {machine.DoneUnits} of {Units} units are done, {machine.LeasesInFlight} leases in flight."
            );
            commands.Clear();
            machine.Apply(happened, now, commands);
            foreach (JobCommand command in commands)
            {
                if (command is WakeAt wish)
                    wake = wish.Time;
                else if (command is GrantLease lease)
                    events.Enqueue(Perform(machine, lease, random, failureRates, Units), now + TimeSpan.FromMilliseconds(10));
            }
        }

        Assert.Equal(JobPhase.Finishing, machine.Phase);
        Assert.Equal(Units, machine.DoneUnits);
    }

    private static LeaseReported Perform(JobMachine machine, GrantLease lease, Random random, double[] failureRates, long units)
    {
        double rate = failureRates[lease.Silo[^1] - '0'];
        bool fails = random.NextDouble() < rate;
        UnitRange done = fails ? new(lease.Range.From, lease.Range.From + random.NextInt64(lease.Range.Count)) : lease.Range;
        return new(
            lease.Silo,
            new(1, lease.Number),
            LeaseOutcome.Done,
            done,
            [.. TreeNode.Cover(done, units).Select(node => (node, machine.NewHandle()))],
            fails ? new(null, "Flaky", "It happens.", null, Permanent: false) : null,
            TimeSpan.FromMilliseconds(done.Count),
            TimeSpan.FromMilliseconds(0.2),
            Share: 3
        );
    }
}
