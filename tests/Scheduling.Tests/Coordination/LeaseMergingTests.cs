using CsCheck;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

public sealed class LeaseMergingTests
{
    private static readonly Gen<GrantLease[]> Granted = Gen.OneOf(Gen.Const(-1), Gen.Int[0, 400], Gen.Int[0, 3_000])
        .Array[0, 200]
        .Select(micros =>
            micros
                .Select(
                    (expected, number) =>
                        new GrantLease(
                            "S1",
                            number,
                            new UnitRange(number, number + 1),
                            TimeSpan.FromMilliseconds(50),
                            1,
                            expected < 0 ? null : TimeSpan.FromMicroseconds(expected)
                        )
                )
                .ToArray()
        );

    [Fact]
    public void AnyLeases_EachIsInOneMessageAndThoseThatShareOnesKeepTheirOrder() =>
        Granted.Sample(leases =>
        {
            (IReadOnlyList<GrantLease> Leases, bool Quick)[] messages = [.. LeaseMerging.Divide(leases, merges: true)];
            Assert.Equal(
                leases.Select(lease => lease.Number),
                messages.SelectMany(message => message.Leases).Select(lease => lease.Number).Order()
            );
            long[] shared = [.. messages.Where(message => message.Leases[0].Predicted < LeaseMerging.MergedBelow).SelectMany(Numbers)];
            Assert.Equal(shared.Order(), shared);
        });

    [Fact]
    public void AnyLeases_OnlyShortOnesShareMessagesAndThoseAreFull() =>
        Granted.Sample(leases =>
        {
            (IReadOnlyList<GrantLease> Leases, bool Quick)[] messages = [.. LeaseMerging.Divide(leases, merges: true)];
            foreach ((IReadOnlyList<GrantLease> together, bool _) in messages)
                Assert.True(together.Count == 1 || together.All(lease => lease.Predicted < LeaseMerging.MergedBelow));
            int brief = leases.Count(lease => lease.Predicted < LeaseMerging.MergedBelow);
            Assert.Equal(leases.Length - brief + ((brief + LeaseMerging.MaxLeases - 1) / LeaseMerging.MaxLeases), messages.Length);
        });

    [Fact]
    public void AnyLeases_AMessageIsQuickWhenAllOfItIs() =>
        Gen.Select(Granted, Gen.Bool)
            .Sample(
                (leases, merges) =>
                {
                    foreach ((IReadOnlyList<GrantLease> together, bool quick) in LeaseMerging.Divide(leases, merges))
                        Assert.Equal(together.All(lease => lease.Predicted < LeaseMerging.QuickBelow), quick);
                }
            );

    [Fact]
    public void NotMerged_EachLeaseHasAMessage() =>
        Granted.Sample(leases => Assert.Equal(leases.Length, LeaseMerging.Divide(leases, merges: false).Count()));

    private static IEnumerable<long> Numbers((IReadOnlyList<GrantLease> Leases, bool Quick) message) =>
        message.Leases.Select(lease => lease.Number);
}
