using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using OrleansWork.Console.Connection;
using OrleansWork.Console.Input;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>Submits a job, follows it, prints its result.</summary>
internal sealed class RunCommand : CommandBase
{
    public const string Name = "run";
    public const string LocalOption = "--local";
    public const int DefaultLocalSilos = 3;

    private static readonly TimeSpan AskedAfterwards = TimeSpan.FromSeconds(3);

    private readonly Argument<string> _kind = new("KIND") { Description = "the job kind; `run KIND --help` prints its fields" };
    private readonly Argument<string[]> _fields = new("--FIELD VALUE")
    {
        Description =
            "fields of the kind's input, in kebab case; lists by repetition, by commas, or as a JSON array of such values; text is taken as it is typed",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string[]> _set = OptionKinds.Many(
        "--set",
        "a field of the input, also one that is named like an option",
        "name=value"
    );
    private readonly Option<string?> _input = OptionKinds.Text("--input", "the input: JSON, @file, or - for the standard input", "json");
    private readonly Option<string?> _itemsFrom = OptionKinds.Text(
        "--items-from",
        "the lines of a file, or - for the standard input, as `items`",
        "file"
    );
    private readonly Option<long?> _local = OptionKinds.Whole(
        LocalOption,
        "run on a throw-away cluster of n silos",
        "n",
        1,
        64,
        defaultText: "3"
    );
    private readonly Option<bool> _detach = OptionKinds.Flag("--detach", "print the job's id and leave");
    private readonly Option<string?> _id = OptionKinds.Text("--id", "id of the job: the same again finds the same job", "id");
    private readonly Option<string?> _out = OptionKinds.Text("--out", "write the result to this file", "file");
    private readonly Option<string[]> _jobs = OptionKinds.Many(
        "--jobs",
        "assembly, folder or project with job kinds, with --local",
        "path"
    );
    private readonly Option<bool> _allowExec = OptionKinds.Flag("--allow-exec", "let units run commands, with --local");
    private readonly Option<bool> _allowCrash = OptionKinds.Flag("--allow-crash", "let units end their silo, with --local");
    private readonly Option<bool> _json = JsonOption();
    private readonly JobOptionArguments _options = new();

    public RunCommand(ConsoleContext context, GlobalOptions global)
        : base(context, global) { }

    public Command Create()
    {
        ConsoleCommand command = new(Name, "submit a job, follow it, print its result", ExitCode.JobFailed, ExitCode.Refused)
        {
            _kind,
            _fields,
        };
        foreach (Option option in (Option[])[_set, _input, _itemsFrom, _local, _detach, _id, _out, _jobs, _allowExec, _allowCrash, _json])
            command.Add(option);
        _options.AddTo(command);
        Completions.Kinds(_kind);
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>Prints the fields of the kind that was named: asks the cluster, or with <c>--local</c> or <c>--jobs</c> the silo's program.</summary>
    /// <returns>Whether one was named.</returns>
    public async Task<bool> PrintFieldsAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetResult(_kind) is not { Tokens.Count: > 0 })
            return false;
        string name = parse.GetRequiredValue(_kind);
        KindStatus kind = KindLookup.Find(await ListKindsAsync(parse, cancellationToken), name);
        Terminal.Print($"{kind.Kind}: {kind.Description}");
        Terminal.WriteTable(Tables.Fields(new InputSchema(kind.InputSchema)));
        return true;
    }

    private async Task<IReadOnlyList<KindStatus>> ListKindsAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string[] jobs = parse.GetValue(_jobs) ?? [];
        if (jobs.Length > 0 || parse.GetResult(_local) is not null)
            return await Context.LocalClusters.ListKindsAsync(jobs, cancellationToken);
        IReadOnlyList<KindStatus> kinds = [];
        await AskAsync(
            parse,
            async (link, token) =>
            {
                kinds = await link.Client.ListKindsAsync(token);
                return ExitCode.Done;
            },
            cancellationToken
        );
        return kinds;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string kind = parse.GetRequiredValue(_kind);
        if (kind.StartsWith('-'))
            throw new UsageException($"Name the kind before its fields: orleanswork run KIND {kind} …");
        JobOptions options = _options.Read(parse);
        string? id = parse.GetValue(_id);
        if (id is not null && !Protocol.Keys.IsJobId(id))
            throw new UsageException($"--id is '{id}'; {Protocol.Keys.JobIdRule}");
        bool detach = parse.GetValue(_detach);
        if (parse.GetValue(_local) is not null)
            RequireNoConflict(parse, detach);
        else if (parse.GetValue(_jobs) is { Length: > 0 })
            throw new UsageException("--jobs goes with --local; the silos of another cluster load their own job kinds.");
        else if ((Option<bool>[])[_allowExec, _allowCrash] is var allows && allows.FirstOrDefault(parse.GetValue) is { } allow)
            throw new UsageException($"{allow.Name} goes with --local; what the silos of another cluster allow is said when they start.");
        ResultOutput.RequireWritable(parse.GetValue(_out));
        InputArguments input = new(
            InputArguments.WithItems(
                InputArguments.ReadDocument(parse.GetValue(_input), Context.StandardInput),
                parse.GetValue(_itemsFrom),
                Context.StandardInput
            ),
            parse.GetValue(_fields) ?? [],
            parse.GetValue(_set) ?? []
        );

        if (parse.GetValue(_local) is not { } silos)
        {
            return await AskAsync(
                parse,
                (link, token) => SubmitAsync(parse, link, kind, input, options, id, detach, token),
                cancellationToken
            );
        }

        // What --jobs brings is known only once it has been built and loaded.
        if (parse.GetValue(_jobs) is not { Length: > 0 } && !Context.LocalClusters.HasKind(kind))
            KindLookup.Find(await Context.LocalClusters.ListKindsAsync([], cancellationToken), kind);

        LocalClusterRequest request = new()
        {
            Silos = (int)silos,
            Jobs = parse.GetValue(_jobs) ?? [],
            AllowExec = parse.GetValue(_allowExec),
            AllowCrash = parse.GetValue(_allowCrash),
        };
        Context.LocalClusters.Require(request);
        Terminal.Note(string.Create(CultureInfo.InvariantCulture, $"Starting {silos} {(silos == 1 ? "silo" : "silos")} …"));
        await using (ILocalCluster cluster = await Context.LocalClusters.StartAsync(request, cancellationToken))
        {
            Terminal.Note($"Ready: {cluster.Directory}");
            try
            {
                await using ClusterLink link = await Context.Connector.ConnectAsync(cluster.Connection, cancellationToken);
                Task<int> run = WhileThereAsync(
                    link,
                    token => SubmitAsync(parse, link, kind, input, options, id, detach, token),
                    cancellationToken
                );
                Task broken = cluster.WaitAsync(CancellationToken.None);
                if (await Task.WhenAny(run, broken) == broken && !run.IsCompleted)
                    await broken;
                return await run;
            }
            catch (Exception exception)
                when (exception is StartFailedException or RequestException { Reason: ErrorReason.Unavailable or ErrorReason.Busy })
            {
                cluster.KeepLogs = true;
                Terminal.Note($"Logs: {cluster.Directory}");
                throw;
            }
        }
    }

    private async Task<int> SubmitAsync(
        ParseResult parse,
        ClusterLink link,
        string kindName,
        InputArguments input,
        JobOptions options,
        string? id,
        bool detach,
        CancellationToken cancellationToken
    )
    {
        KindStatus kind = KindLookup.Find(await link.Client.ListKindsAsync(cancellationToken), kindName);
        byte[] json = input.Build(new InputSchema(kind.InputSchema), kind.Kind, OptionNames(parse.CommandResult.Command));

        // The id is made here, so that a Ctrl-C that falls into the submission still finds the job to cancel.
        id ??= RandomNumberGenerator.GetHexString(16, lowercase: true);
        cancellationToken.ThrowIfCancellationRequested();
        JobHandle job = await link.Client.SubmitAsync(kind.Kind, json, options, id, link.Stopped);
        try
        {
            if (detach)
            {
                if (parse.GetValue(_json))
                    Terminal.WriteDocument(await job.GetDetailsAsync(cancellationToken));
                else
                    Terminal.Print(job.Id);
                return ExitCode.Done;
            }

            Terminal.Note($"Job {job.Id} ({kind.Kind})");
            bool streams = kind.IsMap && !parse.GetValue(_json) && parse.GetValue(_out) is null;
            return streams ? await StreamAsync(job, link.Stopped) : await FollowAsync(parse, job, link.Stopped);
        }
        catch (OutputException exception)
        {
            exception.Afterwards = await AfterwardsAsync(parse, job, link.Stopped);
            throw;
        }
    }

    /// <summary>Says where the job is to be found that somebody did not hear of to the end.</summary>
    private async Task<string> AfterwardsAsync(ParseResult parse, JobHandle job, CancellationToken stopped)
    {
        if (parse.GetValue(_local) is not null)
            return $"Job {job.Id} and its result end with its throw-away cluster.";
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        patience.CancelAfter(AskedAfterwards);
        try
        {
            if ((await job.GetStatusAsync(patience.Token)).IsTerminal)
                return ResultOutput.KeptSentence(job.Id, parse.GetValue(_out));
        }
        catch (Exception exception) when (exception is OperationCanceledException or RequestException)
        {
            // What is known of it is its id.
        }

        return $"Job {job.Id} goes on: orleanswork watch {job.Id}";
    }

    /// <summary>Follows a job of items, whose results are printed in their order while it runs.</summary>
    private async Task<int> StreamAsync(JobHandle job, CancellationToken stopped)
    {
        Task? canceling = null;
        JobStatus ended;
        await using (Context.Interrupts.Token.Register(() => canceling = CancelAsync(job)))
        {
            using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(stopped);

            // On one terminal the live view and the lines would overwrite each other.
            Task<JobStatus> following = new JobFollower(Context).FollowAsync(job, Terminal.OutIsTerminal ? _ => { } : null, leaving.Token);
            try
            {
                ended = await WhileReadAsync(
                    async reading =>
                    {
                        try
                        {
                            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                                reading,
                                Context.Interrupts.Token
                            );
                            await ResultOutput.WriteLinesAsync(Terminal, job.UnitResultsAsync(inOrder: true, either.Token), either.Token);
                        }
                        catch (Exception exception)
                            when (exception is JobEndedException
                                || (exception is OperationCanceledException && !reading.IsCancellationRequested)
                            )
                        {
                            // The status says it.
                        }

                        return await following.WaitAsync(reading);
                    },
                    stopped
                );
            }
            catch
            {
                await leaving.CancelAsync();
                await ((Task)following).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext
                );
                throw;
            }
        }

        if (canceling is not null)
            await canceling;
        int exitCode = Conclude(ended, canceling is not null);
        return canceling is not null && exitCode == ExitCode.Done ? ExitCode.Interrupted : exitCode;
    }

    private async Task<int> FollowAsync(ParseResult parse, JobHandle job, CancellationToken stopped)
    {
        Task? canceling = null;
        bool json = parse.GetValue(_json);
        JobFollower follower = new(Context);
        JobStatus ended;
        await using (Context.Interrupts.Token.Register(() => canceling = CancelAsync(job)))
        {
            ended =
                parse.GetValue(_out) is not null && !json
                    ? await follower.FollowAsync(job, each: null, stopped)
                    : await WhileReadAsync(reading => follower.FollowAsync(job, each: null, reading), stopped, cutsDocument: true);
        }

        if (canceling is not null)
            await canceling;

        if (json)
        {
            JobDetails details = await job.GetDetailsAsync(stopped);
            if (ended.State == JobState.Succeeded && parse.GetValue(_out) is { } file)
                await ResultOutput.WriteAsync(Terminal, await job.OpenResultAsync(stopped), file, stopped);
            Terminal.WriteDocument(details);
        }
        else if (ended.State == JobState.Succeeded)
        {
            await ResultOutput.WriteAsync(Terminal, await job.OpenResultAsync(stopped), parse.GetValue(_out), stopped);
        }

        return Conclude(ended, canceling is not null);
    }

    private int Conclude(JobStatus ended, bool canceled)
    {
        if (ended.State == JobState.Succeeded)
        {
            Terminal.Note(JobEnding.Summary(ended));
            JobEnding.WarnOfSkipped(Terminal, ended);
            return ExitCode.Done;
        }

        JobEnding.Explain(Terminal, ended);
        return ended.State == JobState.Canceled && canceled ? ExitCode.Interrupted : ExitCode.JobFailed;
    }

    private async Task CancelAsync(JobHandle job)
    {
        Terminal.Note("Canceling; press Ctrl-C again to leave at once.");
        try
        {
            await job.CancelAsync("Ctrl-C in the console", CancellationToken.None);
        }
        catch (RequestException exception)
        {
            // The job may have ended in the meantime; the following tells how.
            Terminal.Warn(exception.Message);
        }
    }

    private void RequireNoConflict(ParseResult parse, bool detach)
    {
        if (detach)
            throw new UsageException(
                "--local and --detach exclude each other: the throw-away cluster ends with the command. Use `up --detach`."
            );
        ConnectionArguments given = Global.Read(parse, () => Stream.Null);
        string? other =
            given.Url is not null ? "--url"
            : given.Context is not null ? "--context"
            : given.Gateway is not null ? "--gateway"
            : given.Redis is not null ? "--redis"
            : given.Data is not null ? "--data"
            : null;
        if (other is not null)
            throw new UsageException($"--local and {other} exclude each other: the throw-away cluster is a new one.");
    }

    private static IEnumerable<string> OptionNames(Command command) =>
        command
            .Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)))
            .Where(option => !option.Hidden)
            .Select(option => option.Name);
}
