namespace OrleansWork.Testing;

/// <summary>What the first run of a unit gave.</summary>
internal sealed class UnitSample<TPartial>(TPartial partial, int attempt, TimeSpan duration)
{
    /// <summary>Gets the partial itself; Combine may have changed it since.</summary>
    public TPartial Partial { get; } = partial;

    /// <summary>Gets the attempt that succeeded.</summary>
    public int Attempt { get; } = attempt;

    public TimeSpan Duration { get; } = duration;

    /// <summary>Gets or sets the partial as it was at first.</summary>
    public byte[] Bytes { get; set; } = [];
}
