namespace OrleansWork;

/// <summary>An interval that the rest of the job is expected to take, in seconds.</summary>
public sealed record EtaInterval(double Low, double High);
