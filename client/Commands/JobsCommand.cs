using System.CommandLine;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

internal sealed class JobsCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    public const string Name = "jobs";

    private const int LargestPage = 1000;
    private const int LongestError = 200;

    public Command Create()
    {
        Option<JobState?> state = OptionKinds.Choice<JobState>("--state", "only jobs in this state", "state");
        Option<string?> kind = OptionKinds.Text("--kind", "only jobs of this kind", "kind");
        Completions.Kinds(kind);
        Option<string?> text = OptionKinds.Text("--text", "only jobs with this in id, kind or error", "text");
        Option<long?> limit = OptionKinds.Whole("--limit", "how many at most", "n", 1, LargestPage, defaultText: "50");
        Option<string?> cursor = OptionKinds.Text("--cursor", "where the last page ended", "cursor");
        Option<bool> json = JsonOption();
        ConsoleCommand command = new(Name, "list jobs, newest first") { state, kind, text, limit, cursor, json };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    async (link, token) =>
                    {
                        JobQuery query = new(
                            parse.GetValue(state),
                            parse.GetValue(kind),
                            parse.GetValue(text),
                            (int)(parse.GetValue(limit) ?? 50),
                            parse.GetValue(cursor)
                        );
                        Page<JobSummary> page = await link.Client.ListJobsAsync(query, token);
                        foreach (string warning in page.Warnings ?? [])
                            Terminal.Warn(warning);
                        if (parse.GetValue(json))
                        {
                            Terminal.WriteDocument(page);
                            return ExitCode.Done;
                        }

                        if (page.Items.Count == 0)
                            Terminal.Note("No jobs.");
                        else
                            Terminal.WriteTable(Tables.Jobs(page.Items, Terminal.OutIsTerminal ? LongestError : int.MaxValue));
                        if (page.NextCursor is not null)
                            Terminal.Note($"There are more: --cursor {page.NextCursor}");
                        return ExitCode.Done;
                    },
                    cancellationToken
                )
        );
        return command;
    }
}
