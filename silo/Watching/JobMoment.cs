using System.Text.Json;

namespace OrleansWork.Silo.Watching;

/// <summary>A status of a job that is watched.</summary>
/// <param name="id">Names it: a viewer that has seen this one needs it no more.</param>
/// <param name="status">The status.</param>
internal sealed class JobMoment(string id, JobStatus status)
{
    private string? _json;

    /// <summary>Gets what names it.</summary>
    public string Id => id;

    /// <summary>Gets the status.</summary>
    public JobStatus Status => status;

    /// <summary>Gets the status as a document: made once, however many watch.</summary>
    public string Json => _json ??= JsonSerializer.Serialize(status, OrleansWorkJson.Documents);
}
