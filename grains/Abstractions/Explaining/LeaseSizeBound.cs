namespace OrleansWork;

/// <summary>One of the bounds of a lease's size.</summary>
/// <param name="Name">Which: <c>left</c>, <c>share</c>, <c>least</c>, <c>most</c>, <c>probe</c>.</param>
/// <param name="Units">How many units it allows or asks for.</param>
public sealed record LeaseSizeBound(string Name, double Units);
