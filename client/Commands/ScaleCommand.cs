using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Brings a local cluster to another number of silos.</summary>
internal sealed class ScaleCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private static readonly TimeSpan DefaultDrainTime = TimeSpan.FromMinutes(1);

    public Command Create()
    {
        Argument<long?> silos = OptionKinds.WholeArgument("SILOS", "how many silos the cluster is to have", 1, 64);
        Option<TimeSpan?> drainTime = OptionKinds.Time(
            "--drain-time",
            "how long a unit on a silo that goes may run on before another silo runs it again",
            defaultText: "1m"
        );
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("scale", "grow a local cluster, or drain it down, to a number of silos; the newest go first")
        {
            silos,
            drainTime,
            json,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                int count = (int)parse.GetValue(silos)!;
                string directory = Global.Directory(parse, Context.Environment);
                ILocalCluster? cluster = await Context.LocalClusters.ScaleAsync(
                    directory,
                    count,
                    parse.GetValue(drainTime) ?? DefaultDrainTime,
                    cancellationToken
                );
                if (cluster is null)
                {
                    Terminal.Fail($"No cluster runs in {directory}. Start one with `orleanswork up`, or name its directory with --data.");
                    return ExitCode.Unavailable;
                }

                ClusterOutput.Write(Terminal, cluster, parse.GetValue(json));
                return ExitCode.Done;
            }
        );
        return command;
    }
}
