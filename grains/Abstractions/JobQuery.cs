namespace OrleansWork;

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery(JobState? State = null, string? Kind = null, string? Text = null, int Limit = 50, string? Cursor = null);
