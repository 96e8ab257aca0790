using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansWork.Jobs.Processes;

namespace OrleansWork.Jobs;

/// <summary>Runs a command for each item, in a process of its own with a folder of its own, and keeps what it wrote and how it ended.</summary>
/// <remarks>
/// The command is split into words as a shell does, then <c>{}</c> is replaced by the item and <c>{n}</c> by its number in every word; a
/// command with neither gets the item as its last word. No shell is involved unless the command starts one: then an item is part of its
/// program, so take items from others as <c>$ORLEANSWORK_ITEM</c> there. The process has an empty standard input, and does not see the
/// silo's own settings. It holds a slot. When it ends, or its time, its job or its silo does, all that it started is killed and its folder
/// removed.
/// </remarks>
[JobKind("exec", Description = "Runs a command for each item, where the silo allows it", SideEffects = true)]
public sealed partial class Exec : MapKind<Exec.Input, string, Exec.Output>
{
    /// <summary>The AppContext switch by which a silo allows this kind.</summary>
    public const string AllowExecSwitch = "OrleansWork.AllowExec";

    /// <summary>How much of each of a process' outputs is kept, in bytes.</summary>
    public const int MaxOutputBytes = 64 * 1024;

    /// <summary>The exit code of a command that could not be started, as in a shell.</summary>
    private const int NotStarted = 127;

    /// <summary>The exit code of a command that ran longer than <c>itemTimeout</c>, as of timeout(1).</summary>
    public const int TimedOutCode = 124;

    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(5);

    // What the system's waits can count.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(20);

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Output> Kind = KindOf<Exec>();

    /// <summary>What to run, and for what.</summary>
    public sealed record Input(
        [property: Description("the command; {} stands for the item, {n} for its number")] string Command,
        [property: Description("the items, one run of the command each")] IReadOnlyList<string> Items,
        [property: Description("how long a command may run, such as 30s; then it is killed with all that it started, and exitCode is 124")]
            TimeSpan? ItemTimeout = null
    );

    /// <summary>How a process ended and what it wrote; output beyond 64 KB is cut, and marked so.</summary>
    /// <remarks>An exit code other than 0, time-outs included, is a result like any other: only what the caller limits by the job's own
    /// <see cref="JobOptions.UnitTimeout"/> fails the unit.</remarks>
    public sealed record Output(
        string Item,
        int ExitCode,
        string Stdout,
        string Stderr,
        bool StdoutCut = false,
        bool StderrCut = false,
        bool TimedOut = false
    );

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        if (!IsAllowed)
            throw new RequestRefusedException(ErrorReason.Refused, Refusal);
        if (
            input.Command.Contains('\0', StringComparison.Ordinal) || input.Items.Any(item => item.Contains('\0', StringComparison.Ordinal))
        )
            yield return new("items", "A null character is in the command or in an item; no command can be given one.");
        if (Problem(input.Command) is { } problem)
            yield return new("command", problem);
        if (input.ItemTimeout is { } limit && (limit <= TimeSpan.Zero || limit > LongestTimeout))
            yield return new("itemTimeout", $"itemTimeout is {Duration.Format(limit)}; it must be above 0 and at most 20d.");
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<string> Items(Input input, CancellationToken cancellationToken) => input.Items.ToAsyncEnumerable();

    /// <inheritdoc/>
    public override Output RunItem(Input input, string item, UnitContext context)
    {
        if (!IsAllowed)
            throw new PermanentFailureException(Refusal);
        CancellationToken cancellation = context.CancellationToken;
        cancellation.ThrowIfCancellationRequested();
        OrphanGuard? guard = OrphanGuard.Current();
        DirectoryInfo folder = guard?.CreateFolder() ?? Directory.CreateTempSubdirectory("orleanswork-exec-");
        try
        {
            ProcessStartInfo start = Start(input, item, context, folder.FullName);
            return Run(start, guard?.Mark(start, folder), item, input.ItemTimeout, cancellation);
        }
        finally
        {
            Remove(folder, context.Logger);
        }
    }

    private static bool IsAllowed => AppContext.TryGetSwitch(AllowExecSwitch, out bool allowed) && allowed;

    private static string Refusal => "exec runs commands on the silos, which this silo does not allow; start it with --allow-exec.";

    private static string? Problem(string command)
    {
        try
        {
            return CommandLine.Split(command).Count == 0 ? "The command is empty." : null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    private static ProcessStartInfo Start(Input input, string item, UnitContext context, string folder)
    {
        string number = context.Unit.ToString(CultureInfo.InvariantCulture);
        IReadOnlyList<string> words = CommandLine.Split(input.Command);
        bool named = words.Any(word => word.Contains("{}", StringComparison.Ordinal) || word.Contains("{n}", StringComparison.Ordinal));
        ProcessStartInfo start = ChildSession.Of([.. words.Select(word => Fill(word, item, number)), .. named ? [] : (string[])[item]]);
        start.WorkingDirectory = folder;
        ChildSession.HideSettings(start);
        start.Environment["ORLEANSWORK_ITEM"] = item;
        start.Environment["ORLEANSWORK_UNIT"] = number;
        start.Environment["ORLEANSWORK_KEY"] = context.IdempotencyKey;
        foreach (string variable in (string[])["TMPDIR", "TMP", "TEMP"])
            start.Environment[variable] = folder;
        return start;
    }

    /// <summary>Replaces the places of item and number in one pass: an item that looks like one stays as it is.</summary>
    private static string Fill(string word, string item, string number) =>
        string.Join(item, word.Split("{}").Select(piece => piece.Replace("{n}", number, StringComparison.Ordinal)));

    /// <summary>Holds the slot's thread until the process has ended: what it computes with is the slot.</summary>
    private static Output Run(ProcessStartInfo start, string? mark, string item, TimeSpan? limit, CancellationToken cancellationToken)
    {
        ManualResetEventSlim ended = new();
        using Process process = new() { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => ended.Set();
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            return new Output(item, NotStarted, "", exception.Message);
        }

        BoundedOutput output = new(MaxOutputBytes);
        BoundedOutput error = new(MaxOutputBytes);
        process.StandardInput.Close();
        Task reading = Task.WhenAll(output.ReadAsync(process.StandardOutput.BaseStream), error.ReadAsync(process.StandardError.BaseStream));
        ManualResetEventSlim read = new();
        _ = reading.ContinueWith(
            _ => read.Set(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        bool inTime;
        try
        {
            inTime = ended.Wait(limit ?? Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            ChildSession.Kill(process, mark);
            process.WaitForExit();
            // Only what has left the session on purpose can still hold the pipes open.
            read.Wait(OutputGrace, CancellationToken.None);
            process.StandardOutput.Close();
            process.StandardError.Close();
        }

        (string stdout, bool stdoutCut) = output.Read();
        (string stderr, bool stderrCut) = error.Read();
        return new Output(item, inTime ? process.ExitCode : TimedOutCode, stdout, stderr, stdoutCut, stderrCut, !inTime);
    }

    private static void Remove(DirectoryInfo folder, ILogger logger)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FolderStays(logger, folder.FullName, exception.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The folder {Folder} could not be removed: {Message}; it stays")]
    private static partial void FolderStays(ILogger logger, string folder, string message);
}
