using System.Collections;
using System.Globalization;

namespace OrleansWork.Engine.Execution;

/// <summary>The scope of what a unit logs: job, unit and attempt by name, for sinks that keep them.</summary>
internal sealed class UnitScope(string jobId, long unit, int attempt) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <inheritdoc/>
    public int Count => 3;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] =>
        index switch
        {
            0 => new("JobId", jobId),
            1 => new("Unit", unit),
            2 => new("Attempt", attempt),
            _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A unit's scope has three values."),
        };

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"job {jobId}, unit {unit}, attempt {attempt}");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
