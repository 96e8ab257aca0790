namespace OrleansWork.Store.Log;

/// <summary>What the log says of the record of one job.</summary>
/// <param name="Id">The job.</param>
/// <param name="Address">Where the log says it.</param>
/// <param name="IsRemoved">Whether the record was deleted there, or else written.</param>
internal readonly record struct JobNote(string Id, long Address, bool IsRemoved);

/// <summary>Where the record of a job was written.</summary>
/// <param name="First">The address of its first write.</param>
/// <param name="Last">The address of its last one.</param>
internal readonly record struct JobSpan(long First, long Last);

/// <summary>The jobs that have a record in the store.</summary>
internal sealed class JobLedger
{
    private readonly Dictionary<string, JobSpan> _spans = new(StringComparer.Ordinal);

    /// <summary>Gets the jobs and where they were written.</summary>
    public IReadOnlyDictionary<string, JobSpan> Spans => _spans;

    /// <summary>Enters what the log says.</summary>
    public void Apply(JobNote note)
    {
        if (note.IsRemoved)
            _spans.Remove(note.Id);
        else
            _spans[note.Id] = new JobSpan(_spans.TryGetValue(note.Id, out JobSpan span) ? span.First : note.Address, note.Address);
    }

    /// <summary>Enters a job as it was.</summary>
    public void Restore(string id, JobSpan span) => _spans[id] = span;
}
