namespace OrleansWork.Console.LocalCluster;

/// <summary>The command by which the console starts itself: not in its help, and without what its other commands load.</summary>
internal static class HiddenCommands
{
    /// <summary>Runs <c>supervise</c>; the console's entry point asks here first.</summary>
    /// <returns>The exit code, or null when <paramref name="arguments"/> are something else.</returns>
    public static async Task<int?> TryRunAsync(string[] arguments) =>
        arguments switch
        {
            [DetachedSupervisor.Command, "--data", _] => await DetachedSupervisor.RunAsync(),
            _ => null,
        };
}
