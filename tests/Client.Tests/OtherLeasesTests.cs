namespace OrleansWork.Client.Tests;

/// <summary>Leases of other jobs on the slots of one: which are asked for, and where they are put.</summary>
public sealed class OtherLeasesTests
{
    private static readonly DateTimeOffset s_base = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Both_OnSilosThatTheJobKnows_AreOnItsClock()
    {
        JobLeases own = Of(s_base, ["a", "b"], (7, "a", 0, 100d, 200d));
        JobLeases other = Of(
            s_base.AddSeconds(1),
            ["c", "b"],
            (1, "c", 0, 5d, 6d),
            (2, "b", 3, 50d, null),
            (3, "b", -1, 60d, 70d),
            (4, "b", 1, null, null)
        );

        JobLeases both = OtherLeases.Add(own, [("other", other)]);

        Assert.Equal([7, 2], both.Columns.Number);
        Assert.Equal([1, 0], both.Columns.Own);
        Assert.Equal([-1, 0], both.Columns.OtherJob);
        Assert.Equal([0, 1], both.Columns.Silo);
        Assert.Equal([0, 3], both.Columns.Slot);
        Assert.Equal([100d, 1050d], both.Columns.StartedMs);
        Assert.Equal([200d, null], both.Columns.EndedMs);
        Assert.Equal(["other"], both.OtherJobs);
        Assert.Equal(own.Granted, both.Granted);
        Assert.All(
            typeof(LeaseColumns).GetProperties().Where(column => column.Name != "EqualityContract"),
            column => Assert.Equal(2, ((System.Collections.ICollection)column.GetValue(both.Columns)!).Count)
        );
    }

    [Fact]
    public void Choose_WhoMayHaveHadLeasesMeanwhile_AtMostEight()
    {
        JobLeases own = Of(s_base, ["a"]);
        JobSummary[] jobs =
        [
            Job("self", JobState.Running, -1, null),
            Job("waits", JobState.Queued, 1, null),
            Job("later", JobState.Running, 50, null),
            Job("before", JobState.Succeeded, -50, -10),
            Job("into", JobState.Failed, -50, 10),
            Job("paused", JobState.Paused, 2, null),
            .. Enumerable.Range(0, 10).Select(i => Job($"many-{i}", JobState.Running, 3, null)),
        ];

        IReadOnlyList<string> chosen = OtherLeases.Choose(jobs, "self", own, new LeaseQuery(To: s_base.AddSeconds(40), Others: true));

        Assert.Equal(["into", "paused", "many-0", "many-1", "many-2", "many-3", "many-4", "many-5"], chosen);
    }

    [Fact]
    public void QueryOf_AFollower_AsksForTheLastSecondsAlone()
    {
        JobLeases own = Of(s_base, ["a"]) with { Now = s_base.AddMinutes(5) };

        Assert.Equal(own.Now.AddSeconds(-3), OtherLeases.QueryOf(own, new LeaseQuery(Follow: true, Cursor: "9", Others: true)).From);
        LeaseQuery window = OtherLeases.QueryOf(own, new LeaseQuery(s_base.AddMinutes(-1), s_base.AddMinutes(1), Others: true));
        Assert.Equal((s_base, s_base.AddMinutes(1), false), (window.From, window.To, window.Others));
    }

    private static JobSummary Job(string id, JobState state, int submitted, int? finished) =>
        new(
            id,
            "k",
            1,
            state,
            new UnitCounts(1, 0, 0, 0),
            s_base.AddSeconds(submitted),
            finished is { } after ? s_base.AddSeconds(after) : null,
            0,
            null
        );

    private static JobLeases Of(
        DateTimeOffset start,
        string[] silos,
        params (long Number, string Silo, int Slot, double? Started, double? Ended)[] leases
    ) =>
        new()
        {
            Base = start,
            Now = start,
            Silos = [.. silos.Select(silo => new StreamSilo(silo, 4, 1))],
            Granted = leases.Length,
            Columns = new LeaseColumns
            {
                Number = [.. leases.Select(lease => lease.Number)],
                Epoch = [.. leases.Select(_ => 1)],
                Silo = [.. leases.Select(lease => Array.IndexOf(silos, lease.Silo))],
                Slot = [.. leases.Select(lease => lease.Slot)],
                UnitFrom = [.. leases.Select(_ => 0L)],
                UnitCount = [.. leases.Select(_ => 1L)],
                GrantedMs = [.. leases.Select(_ => 0d)],
                StartedMs = [.. leases.Select(lease => lease.Started)],
                EndedMs = [.. leases.Select(lease => lease.Ended)],
                BudgetMs = [.. leases.Select(_ => 50d)],
                Attempt = [.. leases.Select(_ => 1)],
                Outcome = [.. leases.Select(_ => LeaseState.Committed)],
                SpeculativeOf = [.. leases.Select(_ => 0L)],
                Own = [.. leases.Select(_ => 1)],
                OtherJob = [.. leases.Select(_ => -1)],
            },
        };
}
