using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Ledger;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>A silo that did not answer gets one lease that decides whether it gets more; whatever becomes of that lease, it is not forgotten.</summary>
public sealed class TrialLeaseTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);
    private readonly MachineBench _bench = new(new JobMachineOptions { ChunkUnits = 1, MaxParallel = 1 }, units: 100, "a");

    [Fact]
    public void TakenBackBecauseTheSiloDoesNotHaveIt_AnotherIsSent()
    {
        GrantLease trial = OpenAndTry();
        TimeSpan sent = _bench.Now;
        GrantLease other = BeatUntilGranted();
        Assert.NotEqual(trial.Number, other.Number);
        Assert.True(_bench.Now - sent < CircuitBreaker.OpenFor);
        _bench.Done(other);
        _bench.Done(BeatUntilGranted());
    }

    [Fact]
    public void Refused_AnotherIsSent()
    {
        GrantLease trial = OpenAndTry();
        UnitRange none = new(trial.Range.From, trial.Range.From);
        _bench.Happens(
            new LeaseReported("a", new LeaseName(1, trial.Number), LeaseOutcome.Refused, none, [], null, TimeSpan.Zero, null, Share: 1)
        );
        _bench.Done(BeatUntilGranted());
    }

    [Fact]
    public void NeverArrived_ClosesTheSiloAgainForAsLong()
    {
        GrantLease trial = OpenAndTry();
        TimeSpan failed = _bench.Now;
        _bench.Happens(new CallFailed("a", [trial.Number], Ran: false));
        GrantLease other = BeatUntilGranted();
        Assert.True(_bench.Now - failed >= CircuitBreaker.OpenFor);
        _bench.Done(other);
    }

    [Fact]
    public void ProbeAskedFor_OneIsSentAtOnce()
    {
        for (int i = 0; i < CircuitBreaker.OverdueToOpen; i++)
            _bench.Happens(new CallFailed("a", [BeatUntilGranted().Number], Ran: false));
        Assert.Empty(_bench.Granted());
        TimeSpan opened = _bench.Now;
        _bench.Happens(new ProbeAsked("nobody"));
        Assert.Empty(_bench.Granted());
        _bench.Happens(new ProbeAsked("a"));
        GrantLease trial = BeatUntilGranted();
        Assert.True(_bench.Now - opened < CircuitBreaker.OpenFor / 2);
        _bench.Done(trial);
        _bench.Done(BeatUntilGranted());
    }

    /// <summary>Lets calls fail until no lease is sent to the silo, and waits for the one that decides.</summary>
    private GrantLease OpenAndTry()
    {
        for (int i = 0; i < CircuitBreaker.OverdueToOpen; i++)
            _bench.Happens(new CallFailed("a", [BeatUntilGranted().Number], Ran: false));
        TimeSpan opened = _bench.Now;
        GrantLease trial = BeatUntilGranted();
        Assert.True(_bench.Now - opened >= CircuitBreaker.OpenFor);
        return trial;
    }

    private GrantLease BeatUntilGranted()
    {
        for (int beat = 0; beat < 200; beat++)
        {
            if (_bench.Granted() is [{ } granted, ..])
                return granted;
            _bench.Wait(Beat);
            _bench.Beats("a");
        }

        throw new Xunit.Sdk.XunitException("No lease for 50 seconds.");
    }
}
