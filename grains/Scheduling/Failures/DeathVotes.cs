namespace OrleansWork.Scheduling.Failures;

/// <summary>How many silos must find the same before another is given up.</summary>
internal static class DeathVotes
{
    /// <summary>Returns how many votes a cluster asks for: two, or one where only one silo is left to judge.</summary>
    /// <remarks>The rule of Orleans' membership, so that both ways to give a silo up ask for the same.</remarks>
    /// <param name="activeSilos">The silos that count as active, the suspect among them.</param>
    public static int Needed(int activeSilos) => Math.Clamp((activeSilos + 1) / 2, 1, 2);
}
