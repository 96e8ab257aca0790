using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.Commands;

/// <summary>The commands of <c>orleanswork</c>, and how a command line becomes an exit code.</summary>
internal sealed class ConsoleCommands
{
    /// <summary>An at sign begins a file only after <c>--input</c>, and one hyphen never bundles letters.</summary>
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private readonly ConsoleContext _context;
    private readonly RootCommand _root;
    private readonly Lazy<RunCommand> _run;

    /// <summary>Makes the commands that a command line may mean.</summary>
    /// <param name="context">What they have in common.</param>
    /// <param name="first">The first word of the command line: where it is the name of a command that asks once, no other is made, for making all of them
    /// costs as much as asking. Or null for all.</param>
    public ConsoleCommands(ConsoleContext context, string? first = null)
    {
        _context = context;
        GlobalOptions global = new();
        _run = new Lazy<RunCommand>(() => new RunCommand(context, global));
        _root = new RootCommand("Runs parallel jobs on a cluster of Orleans silos.");
        foreach (Command command in One(context, global, first) is { } one ? [one] : All(context, global))
            _root.Add(command);
        global.AddTo(_root);

        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithFields((HelpAction)help.Action!, _run, this);
    }

    private static Command? One(ConsoleContext context, GlobalOptions global, string? name) =>
        name switch
        {
            JobsCommand.Name => new JobsCommand(context, global).Create(),
            ShowCommand.Name => new ShowCommand(context, global).Create(),
            ExplainCommand.Name => new ExplainCommand(context, global).Create(),
            KindsCommand.Name => new KindsCommand(context, global).Create(),
            SilosCommand.Name => new SilosCommand(context, global).Create(),
            _ => null,
        };

    private IEnumerable<Command> All(ConsoleContext context, GlobalOptions global) =>
        [
            _run.Value.Create(),
            new UpCommand(context, global).Create(),
            new ScaleCommand(context, global).Create(),
            new DownCommand(context, global).Create(),
            new JobsCommand(context, global).Create(),
            new ShowCommand(context, global).Create(),
            new WatchCommand(context, global).Create(),
            new ResultCommand(context, global).Create(),
            .. new ControlCommands(context, global).Create(),
            new LogsCommand(context, global).Create(),
            new ExplainCommand(context, global).Create(),
            new ReportCommand(context, global).Create(),
            new CompareCommand(context, global).Create(),
            .. new DrainCommands(context, global).Create(),
            new KindsCommand(context, global).Create(),
            new SilosCommand(context, global).Create(),
            new TopCommand(context, global).Create(),
            .. new ContextCommands(context, global).Create(),
            new CompletionCommand(context, global).Create(),
            CreateReference(),
        ];

    /// <summary>Carries out a command line.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        if (CompletionCommand.ReadQuestion(arguments) is var (line, position))
        {
            return GuardAsync(() =>
            {
                foreach (string word in CompletionCommand.Choose(_root.Parse(line, Parser).GetCompletions(position)))
                    _context.Terminal.Print(word);
                return Task.FromResult(ExitCode.Done);
            });
        }

        return GuardAsync(async () =>
        {
            CommandWords.RequireText(arguments, _context.RawArguments);
            ParseResult parse = _root.Parse([.. WithLocalCount(arguments)], Parser);
            bool asksForHelp = parse.Action is HelpWithFields || parse.Action?.GetType().DeclaringType == typeof(VersionOption);
            if (!asksForHelp)
                RequireNoErrors(parse);
            InvocationConfiguration invocation = new()
            {
                Output = _context.Terminal.Out,
                Error = _context.Terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parse.InvokeAsync(invocation, _context.Interrupts.Token);
        });
    }

    /// <summary>Gives <c>--local</c> its number where it stands without one: the parser would take the next word for it.</summary>
    internal static IEnumerable<string> WithLocalCount(IReadOnlyList<string> arguments)
    {
        bool isRun = arguments.Count > 0 && arguments.Contains(RunCommand.Name, StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i++)
        {
            bool counted =
                i + 1 < arguments.Count
                && long.TryParse(arguments[i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
            yield return isRun && arguments[i] == RunCommand.LocalOption && !counted
                ? string.Create(CultureInfo.InvariantCulture, $"{RunCommand.LocalOption}={RunCommand.DefaultLocalSilos}")
                : arguments[i];
        }
    }

    private Command CreateReference()
    {
        Command command = new("reference", "print docs/console.md") { Hidden = true };
        command.SetAction(_ => _context.Terminal.PrintLines(ReferencePage.Of(_root)));
        return command;
    }

    private async Task<int> GuardAsync(Func<Task<int>> command)
    {
        Terminal terminal = _context.Terminal;
        try
        {
            return await command();
        }
        catch (OperationCanceledException) when (_context.Interrupts.Requested)
        {
            return ExitCode.Interrupted;
        }
        catch (UsageException exception) when (exception.Problems.Count > 0)
        {
            terminal.Fail(exception.Problems);
            return ExitCode.Usage;
        }
        catch (UsageException exception)
        {
            terminal.FailWithLog(exception.Message);
            return ExitCode.Usage;
        }
        catch (RequestException exception)
        {
            terminal.Fail(LinesOf(exception));
            return ExitCode.Of(exception.Reason);
        }
        catch (StartFailedException exception)
        {
            terminal.FailWithLog(exception.Message);
            return exception.ExitCode;
        }
        catch (JobEndedException exception)
        {
            JobEnding.Explain(terminal, exception.Status);
            return ExitCode.JobFailed;
        }
        catch (OutputException exception) when (exception.ReaderIsGone)
        {
            // A reader of lines has those it wanted, as head does; half a document is of no use to anybody.
            if (exception.CutsDocument || exception.Afterwards is not null)
                terminal.Note($"Nobody reads the output any more.{(exception.Afterwards is null ? "" : $" {exception.Afterwards}")}");
            return exception.CutsDocument ? ExitCode.OutputFailed : ExitCode.Done;
        }
        catch (OutputException exception)
        {
            terminal.Fail(exception.Afterwards is null ? exception.Message : $"{exception.Message} {exception.Afterwards}");
            return ExitCode.OutputFailed;
        }
        catch (Exception exception)
        {
            terminal.Fail($"{exception.GetType().Name}: {exception.Message}");
            terminal.Trace(exception.StackTrace);
            return ExitCode.JobFailed;
        }
    }

    /// <summary>Returns what is wrong with each field, a line each; and before it the message, unless it is only the sum of them.</summary>
    private static List<string> LinesOf(RequestException exception)
    {
        string rest = exception.Message;
        foreach (InputProblem problem in exception.Problems.OrderByDescending(problem => problem.Message.Length))
            rest = problem.Message.Length == 0 ? rest : rest.Replace(problem.Message, "", StringComparison.Ordinal);
        bool isSum = exception.Problems.Count > 0 && string.IsNullOrWhiteSpace(rest);
        return
        [
            .. isSum ? (string[])[] : [exception.Message],
            .. exception
                .Problems.Where(problem => isSum || !exception.Message.Contains(problem.Message, StringComparison.Ordinal))
                .Select(problem => Names(problem) ? problem.Message : $"{problem.Field}: {problem.Message}"),
        ];

        // Most messages name their field themselves, as a word.
        static bool Names(InputProblem problem) =>
            problem.Field.Length == 0
            || Regex.IsMatch(problem.Message, $@"(?<!\w){Regex.Escape(problem.Field)}(?!\w)", RegexOptions.None, TimeSpan.FromSeconds(1));
    }

    private void RequireNoErrors(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        // The parser takes a misspelled option for the value of an argument that is still open.
        string? unknown = parse.Tokens.Any(token => token.Type == TokenType.DoubleDash)
            ? null
            : parse
                .CommandResult.Children.OfType<ArgumentResult>()
                .Where(argument => argument.Argument.Arity.MaximumNumberOfValues == 1 && command.Name != RunCommand.Name)
                .SelectMany(argument => argument.Tokens)
                .Select(token => token.Value)
                .FirstOrDefault(value =>
                    value.StartsWith('-') && !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                );
        if ((unknown ?? (parse.UnmatchedTokens is [var first, ..] ? first : null)) is { } word)
            throw Unknown(command, word);
        if (command == _root)
            throw new UsageException($"A command is missing. There are {string.Join(", ", CommandNames())}; orleanswork --help says more.");
        if (parse.Errors.Count > 0)
            throw new UsageException(MessageOf(parse.Errors[0], command));
    }

    private UsageException Unknown(Command command, string word)
    {
        if (word.StartsWith('-'))
        {
            string name = word.Split('=')[0];
            IEnumerable<string> options = command
                .Options.Concat(_root.Options.Where(option => option.Recursive))
                .Where(option => !option.Hidden)
                .Select(option => option.Name);
            string? near = Suggestions.Nearest(name, options);
            string of = command == _root ? "" : $" of {command.Name}";
            return new UsageException(
                $"Unknown option '{name}'{of}.{(near is null ? $" orleanswork {(command == _root ? "" : $"{command.Name} ")}--help lists them." : $" Did you mean '{near}'?")}"
            );
        }

        if (command != _root)
            return new UsageException(
                $"'{word}' is one word too many for {command.Name}; orleanswork {command.Name} --help shows its use."
            );
        string? nearest = Suggestions.Nearest(word, CommandNames());
        return new UsageException(
            nearest is null
                ? $"Unknown command '{word}'. There are {string.Join(", ", CommandNames())}."
                : $"Unknown command '{word}'. Did you mean '{nearest}'?"
        );
    }

    private IEnumerable<string> CommandNames() => _root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name);

    private static string MessageOf(ParseError error, Command command) =>
        error.SymbolResult switch
        {
            ArgumentResult { Tokens.Count: 0, Parent: CommandResult } argument =>
                $"{command.Name} needs {argument.Argument.Name}: orleanswork {command.Name} {argument.Argument.Name}",
            OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name} needs a value: {option.Option.Name} {option.Option.HelpName}",
            _ => error.Message.ReplaceLineEndings(" "),
        };

    /// <summary>The usual help, and the fields of the kind after <c>run KIND --help</c>.</summary>
    private sealed class HelpWithFields(HelpAction help, Lazy<RunCommand> run, ConsoleCommands commands) : AsynchronousCommandLineAction
    {
        private const string OptionsHeading = "Options:\n";

        public override bool ClearsParseErrors => true;

        public override async Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default)
        {
            InvocationConfiguration invocation = parseResult.InvocationConfiguration;
            TextWriter output = invocation.Output;
            using StringWriter text = new() { NewLine = "\n" };
            invocation.Output = text;
            help.Invoke(parseResult);
            invocation.Output = output;
            string page = MarkOptional(text.ToString().ReplaceLineEndings("\n"), parseResult.CommandResult.Command);
            if (parseResult.CommandResult.Command.Name != RunCommand.Name)
            {
                await output.WriteAsync(page.AsMemory(), cancellationToken);
                return ExitCode.Done;
            }

            // The fields of the kind, which was asked for, come before the options of every job.
            int options = page.IndexOf(OptionsHeading, StringComparison.Ordinal);
            await output.WriteAsync(page.AsMemory(0, options), cancellationToken);
            try
            {
                if (await run.Value.PrintFieldsAsync(parseResult, cancellationToken))
                    await output.WriteLineAsync();
            }
            catch (RequestException exception)
            {
                commands._context.Terminal.Warn(
                    $"The fields of a kind come from a cluster. {exception.Message} With --local, the kinds are those of a local one; none has to run."
                );
            }
            finally
            {
                await output.WriteAsync(page.AsMemory(options), CancellationToken.None);
            }

            return ExitCode.Done;
        }

        /// <summary>Writes <c>[KIND]</c> for <c>&lt;KIND&gt;</c> where the list of commands has an argument that may be left out.</summary>
        private static string MarkOptional(string page, Command command)
        {
            foreach (Command listed in command.Subcommands)
            {
                foreach (Argument optional in listed.Arguments.Where(argument => argument.Arity.MinimumNumberOfValues == 0))
                {
                    int line = page.IndexOf($"\n  {listed.Name} ", StringComparison.Ordinal);
                    int name = line < 0 ? -1 : page.IndexOf($"<{optional.Name}>", line, StringComparison.Ordinal);
                    if (name >= 0 && name < page.IndexOf('\n', line + 1))
                        page = $"{page.AsSpan(0, name)}[{optional.Name}]{page.AsSpan(name + optional.Name.Length + 2)}";
                }
            }

            return page;
        }
    }
}
