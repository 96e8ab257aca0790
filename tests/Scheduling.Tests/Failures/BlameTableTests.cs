using CsCheck;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class BlameTableTests
{
    private const int Bad = 0;
    private const int Good = 1;

    [Fact]
    public void RecordFailure_CountsByUnit_AndRemembersWhere()
    {
        BlameTable table = Table();
        Assert.Equal(1, table.RecordFailure(Bad, 7, S(0)));
        Assert.Equal(2, table.RecordFailure(Bad, 7, S(1)));
        Assert.Equal(1, table.RecordFailure(Good, 8, S(1)));
        Assert.Equal((2, 1, 0), (table.FailuresOf(7), table.FailuresOf(8), table.FailuresOf(9)));
        Assert.True(table.HasFailedOn(7, Bad));
        Assert.False(table.HasFailedOn(7, Good));
        Assert.False(table.HasFailedOn(9, Good));

        table.RecordSuccess(Good, new(0, 7), S(2));
        Assert.Equal(2, table.FailuresOf(7));
        table.RecordSuccess(Good, new(7, 8), S(2));
        Assert.Equal((0, 1), (table.FailuresOf(7), table.FailuresOf(8)));
        table.Forget(8);
        Assert.Equal(0, table.FailuresOf(8));
    }

    [Fact]
    public void BadUnits_FailingEverywhere_CostNoSiloItsWork()
    {
        BlameTable table = Table();
        for (int unit = 0; unit < 100; unit++)
        {
            table.RecordFailure(Bad, unit, S(unit));
            table.RecordFailure(Good, unit, S(unit));
            table.Forget(unit);
        }

        Assert.True(table.MayLease(Bad, S(100)));
        Assert.True(table.MayLease(Good, S(100)));
    }

    [Fact]
    public void SameSiloSucceedsLater_IsNotBlamed()
    {
        BlameTable table = Table();
        for (int unit = 0; unit < 10; unit++)
        {
            table.RecordFailure(Bad, unit, S(0));
            table.RecordSuccess(Bad, new(unit, unit + 1), S(0));
        }

        Assert.True(table.MayLease(Bad, S(0)));
    }

    [Fact]
    public void BadSilo_FailsWhatOthersComplete_IsQuarantinedAndProbed()
    {
        BlameTable table = Table();
        FailThenSucceedElsewhere(table, 2, S(0));
        Assert.True(table.MayLease(Bad, S(0)));
        FailThenSucceedElsewhere(table, 1, S(0));
        Assert.Equal(S(30), table.QuarantinedUntil(Bad));
        Assert.Equal(1, table.Version);
        Assert.False(table.MayLease(Bad, S(29.9)));
        Assert.True(table.MayLease(Good, S(0)));

        // One probe; while it runs no second one.
        Assert.True(table.MayLease(Bad, S(30)));
        table.Sent(Bad, S(30));
        Assert.False(table.MayLease(Bad, S(31)));
        table.Unsettled(Bad);
        Assert.True(table.MayLease(Bad, S(31)));
        table.Sent(Bad, S(31));
        table.RecordSuccess(Bad, new(50, 51), S(32));
        Assert.Null(table.QuarantinedUntil(Bad));
        Assert.Equal(2, table.Version);
        Assert.True(table.MayLease(Bad, S(32)));
    }

    [Fact]
    public void Probe_AskedFor_IsDueAtOnceAndOnlyOne()
    {
        BlameTable table = Table();
        table.Probe(Bad, S(0));
        Assert.Null(table.QuarantinedUntil(Bad));
        FailThenSucceedElsewhere(table, 3, S(0));
        Assert.False(table.MayLease(Bad, S(5)));
        table.Probe(Bad, S(5));
        Assert.True(table.MayLease(Bad, S(5)));
        Assert.Equal(1, table.Version);
        table.Sent(Bad, S(5));
        table.Probe(Bad, S(6));
        Assert.False(table.MayLease(Bad, S(6)));
        table.RecordFailure(Bad, 1_000, S(7));
        Assert.Equal(S(67), table.QuarantinedUntil(Bad));
        table.Probe(Bad, S(8));
        table.Sent(Bad, S(8));
        table.RecordSuccess(Bad, new(50, 51), S(9));
        Assert.Null(table.QuarantinedUntil(Bad));
    }

    [Fact]
    public void FailedProbes_DoubleTheQuarantineUpToTenMinutes()
    {
        BlameTable table = Table();
        FailThenSucceedElsewhere(table, 3, S(0));
        TimeSpan now = S(0);
        List<double> lengths = [];
        for (int i = 0; i < 7; i++)
        {
            TimeSpan until = table.QuarantinedUntil(Bad)!.Value;
            lengths.Add((until - now).TotalSeconds);
            now = until;
            table.Sent(Bad, now);
            table.RecordFailure(Bad, 1_000 + i, now);
        }

        Assert.Equal([30, 60, 120, 240, 480, 600, 600], lengths);
    }

    [Fact]
    public void FailedProbe_OfAUnitThatFailsElsewhereToo_IsNoVerdict()
    {
        BlameTable table = Table();
        FailThenSucceedElsewhere(table, 3, S(0));
        table.RecordFailure(Good, 99, S(30));
        table.Sent(Bad, S(30));
        table.RecordFailure(Bad, 99, S(31));
        Assert.Equal(S(30), table.QuarantinedUntil(Bad));
        Assert.True(table.MayLease(Bad, S(31)));
    }

    [Fact]
    public void Relapse_SoonAfterRelease_DoublesToo_LaterStartsAnew()
    {
        BlameTable table = Table();
        FailThenSucceedElsewhere(table, 3, S(0));
        Release(table, S(30));
        FailThenSucceedElsewhere(table, 3, S(60));
        Assert.Equal(S(120), table.QuarantinedUntil(Bad));
        Release(table, S(120));
        FailThenSucceedElsewhere(table, 3, S(720));
        Assert.Equal(S(750), table.QuarantinedUntil(Bad));
    }

    [Fact]
    public void MostLeasesSucceed_IsNotQuarantined()
    {
        // One failure to five successes, over and over: below a fifth.
        BlameTable table = Table();
        for (int round = 0; round < 50; round++)
        {
            FailThenSucceedElsewhere(table, 1, S(round));
            for (int i = 0; i < 5; i++)
                table.RecordSuccess(Bad, new(500, 501), S(round));
            Assert.True(table.MayLease(Bad, S(round)));
        }

        // One to three is above it.
        for (int round = 0; round < 12; round++)
        {
            FailThenSucceedElsewhere(table, 1, S(round));
            for (int i = 0; i < 3; i++)
                table.RecordSuccess(Bad, new(500, 501), S(round));
        }

        Assert.False(table.MayLease(Bad, S(12)));
    }

    [Fact]
    public void LastUsableSilo_IsNeverQuarantined()
    {
        BlameTable alone = new();
        alone.AddSilo(Bad);
        FailThenSucceedElsewhere(alone, 10, S(0));
        Assert.Null(alone.QuarantinedUntil(Bad));
        Assert.True(alone.MayLease(Bad, S(0)));

        // The other one leaves while this one is in quarantine.
        BlameTable table = Table();
        FailThenSucceedElsewhere(table, 3, S(0));
        Assert.False(table.MayLease(Bad, S(1)));
        table.RemoveSilo(Good);
        Assert.True(table.MayLease(Bad, S(1)));
        table.AddSilo(2);
        Assert.False(table.MayLease(Bad, S(1)));
    }

    [Fact]
    public void AnyHistory_SomeSiloMayAlwaysLease() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[0, 20])
            .Array[1, 200]
            .Sample(
                history =>
                {
                    BlameTable table = new();
                    for (int silo = 0; silo < 4; silo++)
                        table.AddSilo(silo);
                    TimeSpan now = TimeSpan.Zero;
                    foreach ((int silo, int step, int unit, int seconds) in history)
                    {
                        now += S(seconds);
                        if (step <= 2)
                            table.RecordFailure(silo, unit, now);
                        else if (step == 3)
                            table.RecordSuccess(silo, new(unit, unit + 2), now);
                        else
                            table.Sent(silo, now);
                        Assert.Contains(Enumerable.Range(0, 4), other => table.MayLease(other, now));
                        Assert.All(
                            Enumerable.Range(0, 4),
                            other => Assert.True((table.QuarantinedUntil(other) ?? now) - now <= BlameTable.LongestQuarantine)
                        );
                    }
                },
                iter: 500
            );

    [Fact]
    public void UnknownSilos_AreHarmless()
    {
        BlameTable table = new();
        table.RecordFailure(5, 1, S(0));
        table.RecordSuccess(6, new(1, 2), S(0));
        table.RecordSuccess(6, default, S(0));
        table.Sent(5, S(0));
        table.Unsettled(5);
        Assert.True(table.MayLease(5, S(0)));
        Assert.Null(table.QuarantinedUntil(5));
    }

    private static BlameTable Table()
    {
        BlameTable table = new();
        table.AddSilo(Bad);
        table.AddSilo(Good);
        return table;
    }

    private static void FailThenSucceedElsewhere(BlameTable table, int times, TimeSpan now)
    {
        for (int unit = 200; unit < 200 + times; unit++)
        {
            table.RecordFailure(Bad, unit, now);
            table.RecordSuccess(Good, new(unit, unit + 1), now);
        }
    }

    private static void Release(BlameTable table, TimeSpan now)
    {
        table.Sent(Bad, now);
        table.RecordSuccess(Bad, new(900, 901), now);
        Assert.Null(table.QuarantinedUntil(Bad));
    }

    private static TimeSpan S(double seconds) => TimeSpan.FromSeconds(seconds);
}
