namespace OrleansWork.Console.Output;

/// <summary>A cluster that a user has logged in to, as lists show it.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Urls">Where it answers.</param>
/// <param name="Current">Whether commands go there that name none.</param>
internal sealed record ContextStatus(string Name, IReadOnlyList<string> Urls, bool Current);
