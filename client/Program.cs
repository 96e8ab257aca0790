using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;
using OrleansWork.Console.Output;

namespace OrleansWork.Console;

internal static class Program
{
    private static readonly TimeSpan LeaveBound = TimeSpan.FromMilliseconds(500);

    // Without anything that loads another assembly: there may be no descriptor left for one.
    private static async Task<int> Main(string[] arguments) => StandardDescriptors.Secure() ?? await RunAsync(arguments);

    private static async Task<int> RunAsync(string[] arguments)
    {
        Terminal.UsePlainStreams();
        if (await HiddenCommands.TryRunAsync(arguments) is { } exitCode)
            return exitCode;

        Terminal terminal = Terminal.OfProcess(Environment.GetEnvironmentVariable);
        using Interrupts interrupts = new(() => Leave(terminal));
        interrupts.Listen();
        ConsoleContext context = new()
        {
            Terminal = terminal,
            Connector = new ClusterConnector(TimeProvider.System, terminal.Note),
            LocalClusters = new LocalClusters(terminal),
            Interrupts = interrupts,
            Command = CommandName.OfProcess,
        };
        return terminal.Close(await new ConsoleCommands(context, arguments.FirstOrDefault()).RunAsync(arguments));
    }

    private static void Leave(Terminal terminal)
    {
        // A terminal that is held takes nothing, and must not hold this process.
        Thread leaving = new(terminal.Leave) { IsBackground = true };
        leaving.Start();
        leaving.Join(LeaveBound);
        Environment.Exit(ExitCode.Interrupted);
    }
}
