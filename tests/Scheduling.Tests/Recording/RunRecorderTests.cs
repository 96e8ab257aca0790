using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Recording;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Recording;

/// <summary>What a coordinator keeps is bounded.</summary>
public sealed class RunRecorderTests
{
    [Fact]
    public void Fails_ManyAndLong_TheNewestAreKeptAndCut()
    {
        RunRecorder record = new(new RecordLimits(), default);
        for (int unit = 0; unit < RunRecorder.MostFailures + 10; unit++)
        {
            // The cut falls between the halves of a character.
            string message = new string('x', FailedAttempt.MostChars - 1) + "😀" + new string('y', 5_000);
            record.Fails(new FailedAttempt(TimeSpan.Zero, unit, 1, 1, unit, "a", "E", unit % 2 == 0 ? "short" : message, null));
        }

        Assert.Equal(RunRecorder.MostFailures, record.Failures.Count);
        Assert.Equal(10, record.Failures.First().Unit);
        Assert.Equal("short", record.Failures.First().Message);
        string cut = record.Failures.ElementAt(1).Message;
        Assert.Equal(new string('x', FailedAttempt.MostChars - 1) + "…", cut);
    }
}
