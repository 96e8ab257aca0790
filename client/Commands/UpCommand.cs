using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Starts a cluster of processes on this machine.</summary>
internal sealed class UpCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private const int DefaultHttpPort = 8080;

    public Command Create()
    {
        Option<long?> silos = OptionKinds.Whole("--silos", "how many silos", "n", 1, 64, defaultText: "3");
        Option<long?> slots = OptionKinds.Whole("--slots", "slots of each silo", "n", 1, 1024, defaultText: "the cores shared out");
        Option<long?> port = OptionKinds.Whole(
            "--port",
            "first HTTP port; the next free ones follow",
            "port",
            1,
            65000,
            defaultText: "8080"
        );
        Option<string[]> jobs = OptionKinds.Many("--jobs", "assembly, folder or project with job kinds", "path");
        Option<string[]> labels = OptionKinds.Many("--label", "a label of one silo, counted from 1", "silo:name=value");
        Option<bool> detach = OptionKinds.Flag("--detach", "leave it running and return when it is ready");
        Option<bool> allowExec = OptionKinds.Flag("--allow-exec", "let units run commands");
        Option<bool> allowCrash = OptionKinds.Flag("--allow-crash", "let units end their silo, to try out faults");
        Option<bool> acceptLoss = OptionKinds.Flag("--accept-loss", "start without what is damaged in the store; it is kept beside it");
        Option<bool> acceptClock = OptionKinds.Flag("--accept-clock", "start though the clock is behind that of the last writes");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("up", "start a local cluster of real processes", ExitCode.Refused)
        {
            silos,
            slots,
            port,
            jobs,
            labels,
            detach,
            allowExec,
            allowCrash,
            acceptLoss,
            acceptClock,
            json,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                LocalClusterRequest request = new()
                {
                    Silos = (int)(parse.GetValue(silos) ?? 3),
                    Slots = (int?)parse.GetValue(slots),
                    HttpPort = (int)(parse.GetValue(port) ?? DefaultHttpPort),
                    Directory = Global.Directory(parse, Context.Environment),
                    Jobs = parse.GetValue(jobs) ?? [],
                    Labels = parse.GetValue(labels) ?? [],
                    AllowExec = parse.GetValue(allowExec),
                    AllowCrash = parse.GetValue(allowCrash),
                    AcceptLoss = parse.GetValue(acceptLoss),
                    AcceptClock = parse.GetValue(acceptClock),
                };
                Context.LocalClusters.Require(request);
                Terminal.Note($"Starting {request.Silos} {(request.Silos == 1 ? "silo" : "silos")} in {request.Directory} …");
                if (parse.GetValue(detach))
                {
                    ILocalCluster detached = await Context.LocalClusters.StartDetachedAsync(request, cancellationToken);
                    bool isDefault = request.Directory == Connection.ConnectionSettings.DefaultDirectory;
                    string stop = $"{Context.Command()} down{(isDefault ? "" : $" --data {request.Directory}")}";
                    try
                    {
                        Print(detached, parse.GetValue(json));
                    }
                    catch (OutputException exception)
                    {
                        exception.Afterwards = $"The cluster runs; stop it with: {stop}";
                        throw;
                    }

                    Terminal.Note($"It goes on running; stop it with: {stop}");
                    return ExitCode.Done;
                }

                await using ILocalCluster cluster = await Context.LocalClusters.StartAsync(request, cancellationToken);
                try
                {
                    Print(cluster, parse.GetValue(json));
                }
                catch (OutputException exception) when (exception.ReaderIsGone)
                {
                    Terminal.Note("Nobody reads the output any more; the cluster runs.");
                }

                Terminal.Note("Press Ctrl-C to stop it.");
                try
                {
                    await cluster.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    Terminal.Note("Stopping …");
                }

                return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done;
            }
        );
        return command;
    }

    private void Print(ILocalCluster cluster, bool json) => ClusterOutput.Write(Terminal, cluster, json);
}
