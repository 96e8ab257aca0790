using OrleansWork.Services;

namespace OrleansWork.Testing;

/// <summary>How much a check of a job kind tries.</summary>
public sealed record JobKindCheckOptions
{
    /// <summary>Gets how many units are run: the first, middle and last ones of a larger job.</summary>
    /// <value>The default is 18; at least 3.</value>
    public int Units { get; init; } = 18;

    /// <summary>Gets how often a failing unit is tried, as <see cref="JobOptions.MaxAttempts"/>.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Gets how long one unit may take.</summary>
    public TimeSpan UnitTimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets how soon a unit must end once its token is cancelled.</summary>
    /// <value>The default is 2 s; a silo gives up the slot of a unit that runs on for 10 s.</value>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(2);
}
