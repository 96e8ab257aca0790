using OrleansWork.Console;
using OrleansWork.Console.Commands;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;
using OrleansWork.Console.Output;

Terminal.UsePlainStreams();
if (await HiddenCommands.TryRunAsync(args) is { } exitCode)
    return exitCode;

Terminal terminal = Terminal.OfProcess(Environment.GetEnvironmentVariable);
using Interrupts interrupts = new(() =>
{
    terminal.Restore();
    Environment.Exit(ExitCode.Interrupted);
});
interrupts.Listen();
ConsoleContext context = new()
{
    Terminal = terminal,
    Connector = new ClusterConnector(),
    LocalClusters = new LocalClusters(terminal),
    Interrupts = interrupts,
};
return await new ConsoleCommands(context).RunAsync(args);
