namespace OrleansWork;

/// <summary>Names a kind with the types of its input and result, for callers that have them.</summary>
/// <param name="Name">The kind's name.</param>
public sealed record JobKindRef<TInput, TResult>(string Name);
