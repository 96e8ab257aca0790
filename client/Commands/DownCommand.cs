using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Stops a local cluster.</summary>
internal sealed class DownCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Option<bool> wipe = OptionKinds.Flag("--wipe", "delete its data too");
        ConsoleCommand command = new("down", "stop a local cluster") { wipe };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                string directory = Global.Directory(parse, Context.Environment);
                bool ran = await Context.LocalClusters.StopAsync(directory, parse.GetValue(wipe), cancellationToken);
                if (ran)
                    Terminal.Note($"Stopped the cluster in {directory}.");
                else
                    Terminal.Fail($"No cluster runs in {directory}.");
                return ran ? ExitCode.Done : ExitCode.Unavailable;
            }
        );
        return command;
    }
}
