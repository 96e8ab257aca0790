namespace OrleansWork;

/// <summary>Something that happened.</summary>
/// <param name="At">When.</param>
/// <param name="What">What.</param>
/// <param name="Why">Why, or null.</param>
public sealed record ExplainedStep(DateTimeOffset At, string What, string? Why);
