using Orleans.Runtime.Messaging;

namespace OrleansWork.Client.Tests;

public sealed class ConnectAttemptsTests
{
    private readonly ArmedTime _time = new();
    private readonly ClusterAddress _address = new() { Name = "there", Gateways = _ => { } };

    [Fact]
    public async Task Attempt_FailsWhenTheTimeIsOver_IsTheLastAndTheMessageSaysThatTimeRanOut()
    {
        ConnectAttempts attempts = new(_address, _time);
        _time.Advance(_address.ConnectTimeout + TimeSpan.FromMilliseconds(100));
        ConnectionFailedException failure = new("Unable to connect to endpoint S127.0.0.1:30000:0. See InnerException");

        Assert.False(await attempts.ShouldRetryConnectionAttempt(failure, TestContext.Current.CancellationToken));

        Assert.True(attempts.RanOut);
        RequestException refusal = ClusterConnection.NotReached(_address, attempts.LastFailure!, endedByTime: attempts.RanOut);
        Assert.Contains("no answer within 8s", refusal.Message, StringComparison.Ordinal);
        Assert.IsType<TimeoutException>(refusal.InnerException);
    }
}
