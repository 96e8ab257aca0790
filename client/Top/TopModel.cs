using OrleansWork.Console.Output;

namespace OrleansWork.Console.Top;

/// <summary>What the screen shows, and what becomes of it by samples and keys.</summary>
internal sealed class TopModel
{
    private TopSample? _newest;
    private TopSample? _shown;
    private string? _trouble;

    /// <summary>Gets what was asked for by keys.</summary>
    public TopState State { get; private set; } = new();

    /// <summary>Takes a new sample; while the screen stands still it is kept for later.</summary>
    public void Take(TopSample sample)
    {
        (_newest, _trouble) = (sample, null);
        if (!State.IsPaused)
            _shown = sample;
    }

    /// <summary>Takes why there is no new sample.</summary>
    public void Take(string trouble) => _trouble = trouble;

    /// <summary>Takes a key.</summary>
    public void Take(TopKey key)
    {
        State = State.Press(key);
        if (!State.IsPaused)
            _shown = _newest;
    }

    /// <summary>Draws the screen.</summary>
    public IReadOnlyList<ScreenLine> Draw(ScreenSize size)
    {
        TopFrame frame = TopFrame.Draw(_shown, State, size, _trouble);
        State = frame.State;
        return frame.Lines;
    }
}
