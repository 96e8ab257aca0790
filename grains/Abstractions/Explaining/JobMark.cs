namespace OrleansWork;

/// <summary>Something that happened to a silo, or to a job.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What: <c>lost</c>, <c>joined</c>, <c>draining</c>, <c>undrained</c>, <c>quarantined</c>, <c>released</c>, <c>paused</c>,
/// <c>resumed</c> or <c>options</c>.</param>
/// <param name="Silo">The silo; null when it happened to the job.</param>
/// <param name="Text">What else is to be said, or null.</param>
public sealed record JobMark(DateTimeOffset At, string Kind, string? Silo, string? Text);
