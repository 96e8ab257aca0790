using CsCheck;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Placement;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>Jobs of absurd and legal sizes: whatever is asked of their machine is answered.</summary>
public sealed class ExtremeJobTests
{
    private static readonly Gen<TimeSpan> Times = Gen.OneOf(
        Extremes.Among(TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(10_000), TimeSpan.FromDays(10_000)),
        Gen.Long[1, TimeSpan.FromDays(10_000).Ticks].Select(TimeSpan.FromTicks)
    );

    private static readonly Gen<JobMachineOptions> Options = Gen.Select(
        Gen.Enum<PolicyKind>(),
        Gen.Bool,
        Extremes.Longs.Where(units => units > 0).Nullable(),
        Extremes.Among(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
        Extremes.Among<int?>(null, 1, int.MaxValue),
        Gen.Int[1, 100],
        Times.Nullable(),
        (policy, flag, chunk, time, parallel, attempts, deadline) =>
            new JobMachineOptions
            {
                Policy = policy,
                SkipsFailedUnits = flag,
                ChunkUnits = chunk,
                ChunkTime = time,
                MaxParallel = parallel,
                MaxAttempts = attempts,
                DeadlineAt = TimeSpan.FromSeconds(100) + deadline,
                Partial = flag,
                Seed = 7,
            }
    );

    [Fact]
    public void Machine_AnyLegalJob_AnswersEveryQuestion() =>
        Gen.Select(Options, Extremes.Longs.Where(units => units is > 0 and <= 1L << 62), Times.Array[12], Gen.Int[0, 3].Array[12])
            .Sample(
                (options, units, busy, parts) =>
                {
                    MachineBench bench = new(options, units, "a", "b", "c");
                    Queue<GrantLease> running = new(bench.Granted());
                    for (int i = 0; i < busy.Length && running.TryDequeue(out GrantLease? lease); i++)
                    {
                        UnitRange done = Part(lease.Range, parts[i]);
                        if (done.IsEmpty)
                            bench.Fails(lease);
                        else
                            bench.Done(lease.Silo, lease.Number, done, busy[i]);
                        bench.Wait(TimeSpan.FromMilliseconds(300));
                        foreach (GrantLease next in bench.Granted())
                            running.Enqueue(next);
                        AssertAnswers(bench.Machine, bench.Now);
                    }

                    bench.Happens(new CancelRequested("enough"));
                    AssertAnswers(bench.Machine, bench.Now);
                },
                iter: 500
            );

    [Fact]
    public void Eta_AllUnitsInOneLeaseOfALongTime_IsThere()
    {
        MachineBench bench = new(new JobMachineOptions { ChunkUnits = 1L << 62 }, 1L << 62, "a", "b");
        for (int i = 0; i < 8; i++)
        {
            foreach (GrantLease lease in bench.Granted())
                bench.Done(lease.Silo, lease.Number, Part(lease.Range, 1), TimeSpan.FromHours(1));
            bench.Wait(TimeSpan.FromMilliseconds(300));
        }

        Assert.NotNull(bench.Machine.Eta(bench.Now));
    }

    private static UnitRange Part(UnitRange range, int part) =>
        part switch
        {
            0 => range with { To = range.From },
            1 => range with { To = range.From + 1 },
            2 => range with { To = range.From + ((range.Count + 1) / 2) },
            _ => range,
        };

    private static void AssertAnswers(JobMachine machine, TimeSpan now)
    {
        if (machine.Eta(now) is { } eta)
            Assert.True(eta.Low >= TimeSpan.Zero && eta.Low <= eta.Expected && eta.Expected <= eta.High, $"{eta}");
        JobSnapshot snapshot = machine.Snapshot();
        Assert.Equal(machine.UnitCount, snapshot.UnitCount);
        Assert.InRange(machine.DoneUnits, 0, machine.UnitCount);
        Assert.All(machine.Shares(), share => Assert.True(double.IsFinite(share.BusySeconds) && share.Units >= 0));
        Assert.True(machine.Counters is { Leases: >= 0, Attempts: >= 0, Wasted: >= 0 });
    }
}
