namespace OrleansWork;

/// <summary>One line that a unit logged, or how far it said it was.</summary>
/// <param name="Number">Counted from 1 over the job; numbers are missing where lines are no longer kept.</param>
/// <param name="At">When, on the silo's clock.</param>
/// <param name="Level">information, warning, error, critical, or progress.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">Which attempt at it, from 1.</param>
/// <param name="Silo">The silo that ran it.</param>
/// <param name="Text">The line, at most 8 KB.</param>
/// <param name="Fraction">How far the unit was, 0 to 1; null but for progress.</param>
public sealed record UnitLogLine(
    long Number,
    DateTimeOffset At,
    string Level,
    long Unit,
    int Attempt,
    string Silo,
    string Text,
    double? Fraction
);
