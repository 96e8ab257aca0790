using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Engine.Cluster;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Cluster;

public sealed class LoadTableTests
{
    private static readonly SiloAddress A = Silo(1);
    private static readonly SiloAddress B = Silo(2);
    private readonly FakeTimeProvider _time = new();
    private readonly LoadTable _table;

    public LoadTableTests()
    {
        _table = new LoadTable(_time);
        _table.SetMembership(A, SiloViewState.Active);
        _table.SetMembership(B, SiloViewState.Active);
    }

    [Fact]
    public void Register_IsToldOfEverySiloAtOnceAndOfChangesUntilDisposed()
    {
        Inbox inbox = new("j");
        IDisposable registration = _table.Register(inbox);
        Assert.Equal([A, B], inbox.Changes.Select(view => view.Address).Order());
        inbox.Changes.Clear();
        _table.SetMembership(B, SiloViewState.Dead);
        Assert.Equal((B, SiloViewState.Dead), (inbox.Changes.Single().Address, inbox.Changes.Single().State));
        Assert.Equal(1, _table.Coordinating);
        registration.Dispose();
        _table.SetMembership(A, SiloViewState.Dead);
        Assert.Single(inbox.Changes);
        Assert.Equal(0, _table.Coordinating);
    }

    /// <summary>A report is sent when a lease has left its slot: by those alone a silo of short leases would look idle.</summary>
    [Fact]
    public void Describe_SaysWhatRunsAsHeartbeatsSeeIt_NotReports()
    {
        SiloLoad busy = Load(1) with { Compute = new ClassLoad(4, Running: 3, Queued: 1, Depth: 8) };
        SiloLoad justLeft = Load(2) with { Compute = new ClassLoad(4, Running: 0, Queued: 4, Depth: 8), ErrorRate = 0.5f };
        _table.Beat(new Heartbeat(A, null, busy, 0, []));
        _table.Update(A, justLeft);

        SiloStatus seen = ClusterDocuments.Describe(_table.Find(A)!);
        Assert.Equal((3, 1, 0.5), (seen.Running, seen.Queued, seen.ErrorRate));
        Assert.Equal(0, _table.Find(A)!.Load!.Compute.Running);

        // One that was overtaken on its way by a report is newer than the heartbeat before it all the same.
        _table.Update(A, Load(4));
        _table.Beat(new Heartbeat(A, null, busy with { Sequence = 3, Compute = new ClassLoad(4, Running: 2, Queued: 0, Depth: 8) }, 0, []));
        Assert.Equal((2, 0), (ClusterDocuments.Describe(_table.Find(A)!).Running, ClusterDocuments.Describe(_table.Find(A)!).Queued));
        _table.Beat(new Heartbeat(A, null, busy, 0, []));
        Assert.Equal(2, ClusterDocuments.Describe(_table.Find(A)!).Running);
        _table.SetMembership(A, SiloViewState.Dead);
        Assert.Equal(0, ClusterDocuments.Describe(_table.Find(A)!).Running);
    }

    [Fact]
    public void Events_OfAllKinds_AreKeptNewestFirst()
    {
        LoadTable table = new(_time);
        table.SetMembership(A, SiloViewState.Active, isNews: false);
        table.SetMembership(Silo(7), SiloViewState.Dead, isNews: false);
        table.SetMembership(Silo(8), SiloViewState.Dead);
        Assert.Empty(table.Events.Read());

        // Its first heartbeat may be quicker than membership, which may say the same twice.
        table.Beat(new Heartbeat(B, null, Load(1), 0, []));
        table.SetMembership(B, SiloViewState.Active);
        table.SetMembership(B, SiloViewState.Active);
        table.Update(B, Load(2) with { Draining = true });
        table.Update(B, Load(3));
        table.Beat(new Heartbeat(A, null, Load(1), 0, []) { Quarantined = [B] });
        table.Beat(new Heartbeat(A, null, Load(2), 0, []));
        table.SetMembership(B, SiloViewState.Draining);
        table.SetMembership(B, SiloViewState.Dead);
        table.SetMembership(A, SiloViewState.Dead);
        SiloEvent[] events = table.Events.Read();
        Assert.Equal(
            ["joined", "draining", "undrained", "quarantined", "released", "draining", "left", "lost"],
            events.Reverse().Select(happened => happened.Kind)
        );
        Assert.Equal(A.ToParsableString(), events[0].Silo);
        Assert.All(events[1..], happened => Assert.Equal(B.ToParsableString(), happened.Silo));
        Assert.All(events, happened => Assert.EndsWith(".", happened.Text, StringComparison.Ordinal));
        Assert.All(events, happened => Assert.Equal(_time.GetUtcNow(), happened.At));
    }

    [Fact]
    public void Events_OldOrMany_AreForgotten()
    {
        SiloEvents events = new(_time);
        for (int i = 0; i < SiloEvents.Most + 5; i++)
            events.Note(A, "joined", $"{i}");
        Assert.Equal(SiloEvents.Most, events.Read().Length);
        Assert.Equal($"{SiloEvents.Most + 4}", events.Read()[0].Text);
        _time.Advance(SiloEvents.Kept / 2);
        events.Note(B, "joined", "later");
        _time.Advance((SiloEvents.Kept / 2) + TimeSpan.FromSeconds(1));
        Assert.Equal("later", Assert.Single(events.Read()).Text);
    }

    [Fact]
    public void Update_OlderSequence_IsIgnored()
    {
        _table.Update(A, Load(5, running: 1));
        _table.Update(A, Load(4, running: 9));
        Assert.Equal(1, _table.Find(A)!.Load!.Compute.Running);
        Assert.Equal(1, _table.Snapshot().Single(view => view.Address.Equals(A)).Load!.Compute.Running);
    }

    [Fact]
    public void Update_UnknownSilo_IsIgnored()
    {
        _table.Update(Silo(9), Load(1));
        Assert.Null(_table.Find(Silo(9)));
    }

    [Fact]
    public void Update_ReportsInQuickSuccession_NotifyOncePerTwentyMilliseconds()
    {
        Inbox inbox = new("j");
        using IDisposable registration = _table.Register(inbox);
        _time.Advance(TimeSpan.FromSeconds(1));
        inbox.Changes.Clear();
        for (int i = 1; i <= 100; i++)
            _table.Update(A, Load(i));
        Assert.Single(inbox.Changes);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        _table.Update(A, Load(200));
        Assert.Equal(200, inbox.Changes[^1].Load!.Sequence);
        Assert.Equal(2, inbox.Changes.Count);
    }

    [Fact]
    public void Update_StartsDraining_NotifiesAtOnce()
    {
        Inbox inbox = new("j");
        using IDisposable registration = _table.Register(inbox);
        _time.Advance(TimeSpan.FromSeconds(1));
        _table.Update(A, Load(1));
        inbox.Changes.Clear();
        _table.Update(A, Load(2, draining: true));
        Assert.Equal(SiloViewState.Draining, inbox.Changes.Single().State);
        _table.Update(A, Load(3));
        Assert.Equal(SiloViewState.Active, inbox.Changes[^1].State);
    }

    [Fact]
    public void Beat_TellsEachJobItsLeasesAndTheOthersThatTheyHaveNone()
    {
        Inbox one = new("one");
        Inbox two = new("two");
        using IDisposable first = _table.Register(one);
        using IDisposable second = _table.Register(two);
        HeldLease held = new("one", 1, 2, 3, 0, 10, 5, true, 100);
        HeartbeatReply reply = _table.Beat(new Heartbeat(B, null, Load(1), 4, [held]));
        Assert.Equal(new HeartbeatReply(KnowsProfile: false, WantsHeartbeats: true), reply);
        Assert.Equal([held], one.Beats.Single().Held);
        Assert.Empty(two.Beats.Single().Held);
        Assert.Equal(4, _table.Find(B)!.Coordinating);
    }

    [Fact]
    public void Beat_WithProfile_IsKnownFromThenOn()
    {
        SiloProfile profile = new(B, 2, ImmutableDictionary<string, string>.Empty, []);
        Assert.True(_table.Beat(new Heartbeat(B, profile, Load(1), 0, [])).KnowsProfile);
        HeartbeatReply reply = _table.Beat(new Heartbeat(B, null, Load(2), 0, []));
        Assert.Equal(new HeartbeatReply(KnowsProfile: true, WantsHeartbeats: false), reply);
        Assert.Same(profile, _table.Find(B)!.Profile);
    }

    [Fact]
    public void Beat_OfASiloDeclaredDead_DoesNotBringItBack()
    {
        _table.SetMembership(B, SiloViewState.Dead);
        _table.Beat(new Heartbeat(B, null, Load(1), 0, []));
        _table.SetMembership(B, SiloViewState.Active);
        Assert.Equal(SiloViewState.Dead, _table.Find(B)!.State);
        Assert.Null(_table.Find(B)!.Load);
    }

    [Fact]
    public void DeadSilo_IsShownForTwoMinutes()
    {
        _table.SetMembership(B, SiloViewState.Dead);
        _time.Advance(TimeSpan.FromMinutes(1));
        _table.SetMembership(Silo(3), SiloViewState.Active);
        Assert.NotNull(_table.Find(B));
        _time.Advance(TimeSpan.FromMinutes(2));
        _table.SetMembership(Silo(4), SiloViewState.Active);
        Assert.Null(_table.Find(B));
    }

    [Fact]
    public void RecentDeaths_AreThoseOfFiveMinutes_AlsoOfSilosThatStartedLatelyAndWereNeverSeenAlive()
    {
        SiloAddress youngerOne = Silo(3);
        SiloAddress olderOne = Silo(4);
        SiloAddress stopped = Silo(5);
        _table.SetMembership(stopped, SiloViewState.Active);
        _table.SetMembership(stopped, SiloViewState.Draining);
        _time.Advance(TimeSpan.FromMinutes(1));
        _table.SetMembership(youngerOne, SiloViewState.Dead, startedBefore: TimeSpan.FromMinutes(4));
        _table.SetMembership(olderOne, SiloViewState.Dead, startedBefore: TimeSpan.FromMinutes(6));
        _table.SetMembership(stopped, SiloViewState.Dead);
        _table.SetMembership(B, SiloViewState.Dead, startedBefore: TimeSpan.FromMinutes(6));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(
            [(youngerOne, TimeSpan.FromMinutes(4.5)), (B, TimeSpan.FromMinutes(0.5))],
            _table.RecentDeaths().OrderByDescending(death => death.Ago)
        );
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal([B], _table.RecentDeaths().Select(death => death.Silo));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_table.RecentDeaths());
    }

    [Fact]
    public void DeadSilo_SpeaksWhenItIsNoLongerShown_DoesNotComeBack()
    {
        _table.SetMembership(B, SiloViewState.Dead);
        _time.Advance(TimeSpan.FromMinutes(3));
        _table.SetMembership(Silo(3), SiloViewState.Dead);
        _table.SetMembership(Silo(4), SiloViewState.Active);
        _table.SetMembership(Silo(4), SiloViewState.Dead);
        Assert.Null(_table.Find(B));

        // Silo 3 was dead before this one heard of it.
        foreach (SiloAddress gone in new[] { B, Silo(3) })
        {
            HeartbeatReply reply = _table.Beat(new Heartbeat(gone, null, Load(1), 0, []));
            Assert.Equal(new HeartbeatReply(KnowsProfile: true, WantsHeartbeats: false), reply);
            _table.SetMembership(gone, SiloViewState.Active);
            Assert.Null(_table.Find(gone));
        }

        SiloAddress next = SiloAddress.New(B.Endpoint, B.Generation + 1);
        _table.Beat(new Heartbeat(next, null, Load(1), 0, []));
        Assert.Equal(SiloViewState.Active, _table.Find(next)!.State);
    }

    [Fact]
    public void CountOthers_CountsWhatMembershipHoldsToBeActive()
    {
        Assert.Equal(1, _table.CountOthers(A));
        _table.Update(B, Load(1, draining: true));
        Assert.Equal(1, _table.CountOthers(A));
        _table.SetMembership(B, SiloViewState.Draining);
        Assert.Equal(0, _table.CountOthers(A));
    }

    [Fact]
    public void Quarantined_ByACoordinatorSomewhere_IsShownUntilNobodyNamesItAnyMore()
    {
        SiloAddress c = Silo(3);
        _table.SetMembership(c, SiloViewState.Active);
        _table.Beat(new Heartbeat(A, null, Load(1), 0, []) { Quarantined = [c] });
        _table.Beat(new Heartbeat(B, null, Load(1), 0, []) { Quarantined = [c, A] });
        Assert.Equal((true, false, true), Quarantined());
        _table.Beat(new Heartbeat(A, null, Load(2), 0, []));
        Assert.Equal((true, false, true), Quarantined());
        _table.SetMembership(B, SiloViewState.Dead);
        Assert.Equal((false, false, false), Quarantined());

        (bool, bool, bool) Quarantined() => (_table.Find(A)!.IsQuarantined, _table.Find(B)!.IsQuarantined, _table.Find(c)!.IsQuarantined);
    }

    [Fact]
    public void QuarantinedHere_ManyJobsAndSilos_NamesEachOnceAndAtMost64()
    {
        using IDisposable one = _table.Register(new Inbox("one") { Quarantined = [A, B] });
        IDisposable two = _table.Register(new Inbox("two") { Quarantined = [B, .. Enumerable.Range(100, 100).Select(Silo)] });
        Assert.Equal(64, _table.QuarantinedHere().Distinct().Count());
        Assert.Equal(64, _table.QuarantinedHere().Length);
        two.Dispose();
        Assert.Equal([A, B], _table.QuarantinedHere());
    }

    [Fact]
    public void CountPlacement_CountsUntilTheNextReport()
    {
        _table.CountPlacement(A);
        _table.CountPlacement(A);
        Assert.Equal(2, _table.PlacedSinceReport(A));
        _table.Update(A, Load(1));
        Assert.Equal(0, _table.PlacedSinceReport(A));
    }

    internal static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), port);

    internal static SiloLoad Load(long sequence, int running = 0, bool draining = false, int slots = 2) =>
        new(sequence, new ClassLoad(slots, running, 0, slots + 1), default, 0, 0, draining, 0, 0, 0);

    private sealed class Inbox(string jobId) : ICoordinatorInbox
    {
        public List<SiloView> Changes { get; } = [];

        public List<(SiloAddress Silo, ImmutableArray<HeldLease> Held)> Beats { get; } = [];

        public string JobId => jobId;

        public IReadOnlyList<SiloAddress> Quarantined { get; init; } = [];

        public void OnSiloChanged(SiloView silo) => Changes.Add(silo);

        public void OnHeartbeat(SiloAddress silo, ImmutableArray<HeldLease> held) => Beats.Add((silo, held));
    }
}
