namespace OrleansWork.Console.LocalCluster;

/// <summary>The commands by which the console starts itself: not in its help, and without what its other commands load.</summary>
internal static class HiddenCommands
{
    /// <summary>Runs <c>guard -- PROGRAM …</c> or <c>supervise</c>; the console's entry point asks here first.</summary>
    /// <returns>The exit code, or null when <paramref name="arguments"/> are something else.</returns>
    public static async Task<int?> TryRunAsync(string[] arguments) =>
        arguments switch
        {
            [Guard.Command, "--", _, ..] => await Guard.RunAsync(arguments[2..]).ConfigureAwait(false),
            [DetachedSupervisor.Command, "--data", _] => await DetachedSupervisor.RunAsync().ConfigureAwait(false),
            _ => null,
        };
}
