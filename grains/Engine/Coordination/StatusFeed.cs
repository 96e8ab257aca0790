namespace OrleansWork.Engine.Coordination;

/// <summary>Numbers the changes of a job's status that watchers see: the great ones at once, of the many small ones at most ten a second.</summary>
/// <remarks>Called in the coordinator's turns.</remarks>
internal sealed class StatusFeed(CoordinatorServices services)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly Signal _published = new();
    private TimeSpan _publishedAt;
    private bool _isBehind;

    /// <summary>Gets the number of the last change.</summary>
    public long Sequence { get; private set; } = 1;

    /// <summary>Shows watchers what has changed, now.</summary>
    public void Publish()
    {
        Sequence++;
        _publishedAt = services.Now;
        _isBehind = false;
        _published.Raise();
    }

    /// <summary>Says that something has changed that watchers may see a little later.</summary>
    public void Changed()
    {
        _isBehind = true;
        CatchUp();
    }

    /// <summary>Waits for a change that a watcher has not seen.</summary>
    /// <param name="known">The number of the last that it saw.</param>
    /// <param name="wait">How long it waits for one.</param>
    public async Task WaitAsync(long known, TimeSpan wait)
    {
        CatchUp();
        if (known == Sequence)
            await Task.WhenAny(_published.Next, Task.Delay(wait, services.Time));
    }

    private void CatchUp()
    {
        if (_isBehind && services.Now - _publishedAt >= Period)
            Publish();
    }
}
