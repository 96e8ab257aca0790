namespace OrleansWork.Scheduling.Placement;

/// <summary>The candidates that pass the <see cref="ErrorGate"/>, in a buffer that is used again for every choice.</summary>
internal sealed class EligibleSilos
{
    private int[] _indexes = new int[16];

    /// <summary>Returns the indexes of the candidates that may be ranked, ascending; valid until the next call.</summary>
    public Span<int> Of(ReadOnlySpan<SiloCandidate> candidates)
    {
        if (_indexes.Length < candidates.Length)
            _indexes = new int[candidates.Length * 2];
        int count = 0;
        for (int i = 0; i < candidates.Length; i++)
            if (!ErrorGate.Excludes(candidates[i]))
                _indexes[count++] = i;
        return _indexes.AsSpan(0, count);
    }
}
