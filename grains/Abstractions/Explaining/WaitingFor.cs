namespace OrleansWork;

/// <summary>What a job or a unit waits for.</summary>
/// <param name="Code">The cause: <c>queued</c>, <c>decomposing</c>, <c>paused</c>, <c>backs-off</c>, <c>canary</c>, <c>no-silo</c>,
/// <c>no-label</c>, <c>no-kind</c>, <c>max-parallel</c>, <c>results-unstored</c>, <c>many-retries</c>, <c>fair-share</c>, <c>no-room</c>,
/// <c>silos-pause</c> or <c>next</c>.</param>
/// <param name="Text">The same as a sentence, with its numbers.</param>
/// <param name="Until">Until when at least; null when nobody knows.</param>
public sealed record WaitingFor(string Code, string Text, DateTimeOffset? Until);
