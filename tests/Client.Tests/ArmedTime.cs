using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace OrleansWork.Client.Tests;

/// <summary>A clock that stands still and tells of each pause that is armed on it, so that a test moves it only then.</summary>
internal sealed class ArmedTime : FakeTimeProvider
{
    /// <summary>Waits up to this long are pauses of the code under test; longer ones are its bounds.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2.5);

    private readonly Channel<TimeSpan> _armed = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>Returns the length of the next pause once it is armed.</summary>
    public Task<TimeSpan> NextWaitAsync() => _armed.Reader.ReadAsync().AsTask();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero && dueTime <= LongestPause)
            _armed.Writer.TryWrite(dueTime);
        return timer;
    }
}
