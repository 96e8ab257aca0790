namespace OrleansWork.Engine.Execution;

/// <summary>What a look at a kind's Combine found: one for each kind of a silo, taken by the first job that the silo coordinates.</summary>
internal sealed class CombineFinding
{
    private int _isTaken;
    private volatile string? _text;

    /// <summary>Gets whether nobody has looked yet.</summary>
    public bool IsOpen => Volatile.Read(ref _isTaken) == 0;

    /// <summary>Gets or sets what is wrong with it, as a sentence for its author; null when nothing is known to be.</summary>
    public string? Text
    {
        get => _text;
        set => _text = value;
    }

    /// <summary>Takes it upon the caller to look.</summary>
    /// <returns>Whether nobody else has.</returns>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;
}
