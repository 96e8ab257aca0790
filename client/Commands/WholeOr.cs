namespace OrleansWork.Console.Commands;

/// <summary>A number that was given, or the word that stands for none.</summary>
/// <param name="Number">The number; null for the word.</param>
internal readonly record struct WholeOr(long? Number);
