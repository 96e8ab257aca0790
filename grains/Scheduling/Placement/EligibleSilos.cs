namespace OrleansWork.Scheduling.Placement;

/// <summary>The candidates that pass the <see cref="ErrorGate"/>, in a buffer that is used again for every choice.</summary>
internal sealed class EligibleSilos
{
    private int[] _indexes = new int[16];

    /// <summary>
    /// Returns the indexes of the candidates that may be ranked, ascending; valid until the next call. Where every silo of the cluster
    /// is a candidate and every one is out, none is: somebody has to do the work.
    /// </summary>
    public Span<int> Of(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment)
    {
        if (_indexes.Length < candidates.Length)
            _indexes = new int[candidates.Length * 2];
        int count = 0;
        for (int i = 0; i < candidates.Length; i++)
            if (!ErrorGate.Excludes(candidates[i]))
                _indexes[count++] = i;
        if (count == 0 && moment.SiloCount <= candidates.Length)
            for (; count < candidates.Length; count++)
                _indexes[count] = count;
        return _indexes.AsSpan(0, count);
    }
}
