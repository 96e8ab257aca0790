namespace OrleansWork.Scheduling.Recording;

/// <summary>Something that happened to a silo or to the whole job, at a time of the machine.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What.</param>
/// <param name="Silo">The silo's address; null when it happened to the job.</param>
/// <param name="Text">What else is to be said, or null.</param>
internal sealed record Mark(TimeSpan At, MarkKind Kind, string? Silo, string? Text);
