using System.CommandLine;
using OrleansWork.Console.Output;
using OrleansWork.Http;

namespace OrleansWork.Console.Commands;

internal sealed class ReportCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public Command Create()
    {
        Argument<string> id = IdArgument();
        Option<string?> file = OptionKinds.Text("--out", "write the report to this file", "file");
        Option<ReportFormat?> format = OptionKinds.Choice<ReportFormat>("--format", "what it is", "format", ReportFormat.Html);
        ConsoleCommand command = new(
            "report",
            "write how a job ran as a file: a page that needs no network, or a trace for ui.perfetto.dev",
            ExitCode.NotFound
        )
        {
            id,
            file,
            format,
        };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                string name = parse.GetValue(file) ?? throw new UsageException("report needs --out: orleanswork report ID --out FILE.html");
                ResultOutput.RequireWritable(name, what: "report");
                return AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        if (link.Client is not IReportSource reports)
                        {
                            throw new UsageException(
                                "A report is made by a silo and comes over HTTP; leave --gateway and --redis out, or name a silo by --url."
                            );
                        }

                        string word = EnumNames.Of(parse.GetValue(format) ?? ReportFormat.Html);
                        byte[] report = await reports.ReadReportAsync(parse.GetRequiredValue(id), word, token);
                        WholeFile.Write(name, report, what: "report");
                        Terminal.Note($"Wrote {Numbers.Bytes(report.Length)} to {name}.");
                        return ExitCode.Done;
                    },
                    cancellationToken
                );
            }
        );
        return command;
    }
}
