using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Commands that say whether a silo gets leases.</summary>
internal sealed class DrainCommands(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public IEnumerable<Command> Create()
    {
        yield return Ask("drain", "give a silo no new leases; what runs there finishes", (c, silo, token) => c.DrainSiloAsync(silo, token));
        yield return Ask(
            "probe",
            "give a quarantined silo a lease now, to see whether it is well",
            (c, silo, token) => c.ProbeSiloAsync(silo, token),
            static silo =>
                $"Silo {silo} gets a lease next. It stays quarantined until one has gone well there; silos shows when it is active again."
        );
        yield return Ask("undrain", "give a drained silo leases again", (c, silo, token) => c.UndrainSiloAsync(silo, token));
    }

    private ConsoleCommand Ask(
        string name,
        string description,
        Func<IComputeClient, string, CancellationToken, Task<SiloStatus>> ask,
        Func<string, string>? said = null
    )
    {
        Argument<string> silo = new("SILO") { Description = "the silo's address, as `silos` prints it" };
        Completions.Silos(silo);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(name, description, ExitCode.NotFound, ExitCode.Refused) { silo, json };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                if (string.IsNullOrWhiteSpace(parse.GetRequiredValue(silo)))
                    throw new UsageException($"{name} needs the address of a silo, as `silos` prints it.");
                return AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        SiloStatus status = await ask(link.Client, parse.GetRequiredValue(silo), token);
                        if (parse.GetValue(json))
                            Terminal.WriteDocument(status);
                        else
                            Terminal.Note(
                                said is not null && status.State == "quarantined"
                                    ? said(status.Silo)
                                    : $"Silo {status.Silo} is {status.State}."
                            );
                        return ExitCode.Done;
                    },
                    cancellationToken
                );
            }
        );
        return command;
    }
}
