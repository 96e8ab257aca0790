namespace OrleansWork;

/// <summary>Something that happened to a silo, as another silo or it itself has seen it.</summary>
/// <param name="At">When that was seen.</param>
/// <param name="Silo">The silo's address.</param>
/// <param name="Kind">joined, lost, left, draining, undrained, quarantined or released.</param>
/// <param name="Text">The same as a sentence, with the reason.</param>
internal sealed record SiloEvent(DateTimeOffset At, string Silo, string Kind, string Text);
