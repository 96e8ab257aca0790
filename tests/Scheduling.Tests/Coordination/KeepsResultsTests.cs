using CsCheck;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using OrleansWork.Scheduling.Reduction;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>Jobs that keep a result of each unit: the first commit stays.</summary>
public sealed class KeepsResultsTests
{
    [Fact]
    public void Report_AnyOverlapsInAnyOrder_KeepsEachUnitOnceAndTheFirstStays() =>
        Gen.Select(Gen.Long[1, 200], Gen.Select(Gen.Long[0, 199], Gen.Long[1, 60]).Array[1, 30])
            .Sample(
                (units, ranges) =>
                {
                    JobMachine machine = new(new JobMachineOptions { KeepsResults = true }, epoch: 1);
                    List<JobCommand> commands = [];
                    machine.Apply(new Decomposed(units), TimeSpan.Zero, commands);
                    Dictionary<long, int> keptBy = [];
                    long executed = 0;
                    int reporter = 0;
                    foreach ((long start, long count) in ranges.Append((0, units)))
                    {
                        UnitRange done = new(Math.Min(start, units - 1), Math.Min(Math.Min(start, units - 1) + count, units));
                        (TreeNode Node, long Handle)[] nodes = [.. TreeNode.Cover(done, units).Select(node => (node, machine.NewHandle()))];
                        HashSet<long> missing =
                        [
                            .. Enumerable
                                .Range((int)done.From, (int)done.Count)
                                .Select(unit => (long)unit)
                                .Where(unit => !keptBy.ContainsKey(unit)),
                        ];
                        commands.Clear();
                        reporter++;
                        machine.Apply(
                            new LeaseReported(
                                $"s{reporter}",
                                new LeaseName(1, reporter),
                                LeaseOutcome.Done,
                                done,
                                nodes,
                                null,
                                TimeSpan.FromMilliseconds(1),
                                null,
                                0
                            ),
                            TimeSpan.Zero,
                            commands
                        );
                        executed += done.Count;
                        HashSet<long> handles = [.. nodes.Select(node => node.Handle)];
                        foreach (JobCommand command in commands)
                        {
                            if (command is KeepResults keep)
                            {
                                UnitRange node = nodes.Single(candidate => candidate.Handle == keep.Handle).Node.Range(units);
                                Assert.True(handles.Remove(keep.Handle));
                                foreach (UnitRange range in keep.Units)
                                {
                                    Assert.Equal(range, range.Intersect(node));
                                    for (long unit = range.From; unit < range.To; unit++)
                                        Assert.True(keptBy.TryAdd(unit, reporter) && missing.Remove(unit));
                                }
                            }
                            else if (command is DropPartial drop)
                            {
                                Assert.True(handles.Remove(drop.Handle));
                            }
                        }

                        Assert.Empty(missing);
                        Assert.Empty(handles);
                        machine.CheckInvariants();
                    }

                    Assert.Equal(units, keptBy.Count);
                    Assert.Equal(executed - units, machine.Counters.Wasted);
                }
            );

    [Fact]
    public void HoldsGrants_NothingIsLeasedUntilItIsReleased()
    {
        JobMachine machine = new(new JobMachineOptions { KeepsResults = true }, epoch: 1) { HoldsGrants = true };
        List<JobCommand> commands = [];
        machine.Apply(
            [new SiloChanged("s", 4, Takes: true, 0, 0, Heard: true), new Decomposed(10), new Started()],
            TimeSpan.Zero,
            commands
        );
        Assert.DoesNotContain(commands, command => command is GrantLease);
        machine.HoldsGrants = false;
        machine.Apply([], TimeSpan.Zero, commands);
        Assert.Contains(commands, command => command is GrantLease);
    }
}
