using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Faults.Rows;

namespace OrleansWork.SystemTests.Faults;

/// <summary>Runs the rows, some side by side because most of them wait most of the time, and prints one table of what they found.</summary>
/// <remarks>
/// ORLEANSWORK_FAULT_TESTS=1 runs the suite (<c>full</c> with the long unit of three minutes and five minutes without the store), ORLEANSWORK_FAULT_ROWS=F1,F2 only some rows,
/// ORLEANSWORK_FAULT_LANES as many at once, ORLEANSWORK_FAULT_TABLE=FILE also writes the table there.
/// </remarks>
public sealed class FaultSuite : IAsyncLifetime
{
    // Without idle processors a limit in seconds measures the machine.
    private const double BusyBelow = 0.2;

    private static readonly string? s_mode = Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_TESTS");
    private readonly Dictionary<string, Task<FaultOutcome>> _first = [];
    private readonly Dictionary<string, Task<FaultOutcome>> _outcomes = [];
    private readonly SemaphoreSlim _alone = new(1);
    private readonly ConcurrentQueue<(string Row, TimeSpan Took)> _took = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private ProcessorTime _processorTime;

    /// <summary>Gets why the suite does not run here, or null when it does.</summary>
    internal static string? SkipReason { get; } =
        !OperatingSystem.IsLinux() ? "Looks for processes in /proc and sends signals: Linux only."
        : s_mode is "1" or "full" ? null
        : "Takes minutes: set ORLEANSWORK_FAULT_TESTS=1 to run it.";

    /// <summary>Gets whether to take the time of the long variants.</summary>
    internal static bool IsFull => s_mode == "full";

    internal static IReadOnlyList<FaultRow> Rows { get; } =
        Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_ROWS") is { Length: > 0 } only
            ? [.. FaultRows.All.Where(r => only.Split(',').Contains(r.Id, StringComparer.OrdinalIgnoreCase))]
            : FaultRows.All;

    internal Task<FaultOutcome> OutcomeOf(string row) => _outcomes[row];

    public async ValueTask InitializeAsync()
    {
        if (SkipReason is not null)
            return;

        // Before the rows: beside them it would take the processors whose time they measure.
        if (Rows.Any(row => row.NeedsNextVersion))
            await NextVersion.BuildAsync();
        _processorTime = ProcessorTime.Now();
        string? lanes = Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_LANES");
        SemaphoreSlim free = new(lanes is null ? 3 : int.Parse(lanes, CultureInfo.InvariantCulture));
        foreach (FaultRow row in Rows)
            _first[row.Id] = Task.Run(() => RunAsync(row, row.TakesWhatIsLeft ? new SemaphoreSlim(1) : free));
        foreach (FaultRow row in Rows)
            _outcomes[row.Id] = SettleAsync(row);
    }

    public async ValueTask DisposeAsync()
    {
        if (SkipReason is not null)
            return;
        List<TableLine> lines = [];
        foreach (FaultRow row in Rows)
            lines.AddRange((await _outcomes[row.Id]).Lines);
        string table = Table(lines, _processorTime);
        await System.Console.Out.WriteLineAsync(table);
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_FAULT_TABLE") is { Length: > 0 } file)
            await File.WriteAllTextAsync(file, table);
    }

    /// <summary>A limit of time that a row missed while others ran beside it is measured once more, alone; a wrong result never is.</summary>
    private async Task<FaultOutcome> SettleAsync(FaultRow row)
    {
        FaultOutcome first = await _first[row.Id];
        string missed = string.Join("; ", first.Lines.Where(line => line.Held == false).Select(line => $"{line.Limit}: {line.Figure}"));
        if (first.Failure is not null || missed.Length == 0 || !first.Lines.Where(line => line.Held == false).All(line => line.IsOfTime))
            return first;
        await Task.WhenAll(_first.Values);
        ProcessorTime before = ProcessorTime.Now();
        FaultOutcome second = await RunAsync(row, _alone);
        bool busy = ProcessorTime.Now().IdleSince(before) < BusyBelow;
        return second with
        {
            Lines =
            [
                .. second.Lines.Select(line =>
                    busy && line is { Held: false, IsOfTime: true }
                        ? line with
                        {
                            Figure = $"{line.Figure}, late on a busy machine",
                            Held = null,
                        }
                        : line
                ),
                new TableLine(row.Id, "… measured alone; beside other rows", missed, null),
            ],
        };
    }

    private async Task<FaultOutcome> RunAsync(FaultRow row, SemaphoreSlim free)
    {
        await free.WaitAsync();
        long started = Stopwatch.GetTimestamp();
        FaultRun run = new(row.Id);
        try
        {
            FaultOutcome outcome;
            try
            {
                await row.RunAsync(run);
                outcome = new FaultOutcome(run.Lines, null) { Story = run.Lines.Any(line => line.Held == false) ? run.Story() : "" };
            }
            catch (FaultSkippedException exception)
            {
                outcome = new FaultOutcome([.. run.Lines, new TableLine(row.Id, row.Fault, $"skipped: {exception.Message}", null)], null);
            }
            catch (Exception exception)
            {
                outcome = Broken(row, run, exception);
            }

            await run.DisposeAsync();
            return outcome;
        }
        catch (Exception exception)
        {
            return Broken(row, run, exception);
        }
        finally
        {
            _took.Enqueue((row.Id, Stopwatch.GetElapsedTime(started)));
            free.Release();
        }
    }

    private static FaultOutcome Broken(FaultRow row, FaultRun run, Exception failure)
    {
        string first = failure.Message.Split('\n')[0].Trim();
        return new FaultOutcome(
            [.. run.Lines, new TableLine(row.Id, row.Fault, first.Length > 90 ? first[..90] + "…" : first, false)],
            $"{failure}{Environment.NewLine}{run.Story()}"
        );
    }

    private string Table(IReadOnlyList<TableLine> lines, ProcessorTime before)
    {
        int row = Width(lines, l => l.Row, "row");
        int limit = Width(lines, l => l.Limit, "limit");
        int figure = Width(lines, l => l.Figure, "figure");
        StringBuilder table = new();
        Write("row", "limit", "figure", "verdict");
        Write(new string('-', row), new string('-', limit), new string('-', figure), "-------");
        foreach (TableLine line in lines)
            Write(line.Row, line.Limit, line.Figure, line.Verdict);
        int held = lines.Count(l => l.Held == true);
        int broken = lines.Count(l => l.Held == false);
        table.Append(
            CultureInfo.InvariantCulture,
            $"{held} held, {broken} broken; {Rows.Count} rows in {Stopwatch.GetElapsedTime(_started).TotalSeconds:0} s, {Environment.ProcessorCount} processors idle for {ProcessorTime.Now().IdleSince(before):0 %} of the time"
        );
        table.AppendLine().Append("seconds:");
        foreach ((string id, TimeSpan took) in _took.OrderByDescending(t => t.Took))
            table.Append(CultureInfo.InvariantCulture, $" {id} {took.TotalSeconds:0}");
        return table.AppendLine().ToString();

        void Write(string a, string b, string c, string d) =>
            table.AppendLine($"| {a.PadRight(row)} | {b.PadRight(limit)} | {c.PadRight(figure)} | {d, -7} |");
    }

    private static int Width(IEnumerable<TableLine> lines, Func<TableLine, string> column, string title) =>
        lines.Select(column).Append(title).Max(t => t.Length);
}

/// <summary>A row of the catalogue of faults.</summary>
/// <param name="Id">Its number there.</param>
/// <param name="Fault">What is done.</param>
/// <param name="RunAsync">Does it, measures and checks.</param>
internal sealed record FaultRow(string Id, string Fault, Func<FaultRun, Task> RunAsync)
{
    /// <summary>Gets whether it runs silos of <see cref="NextVersion"/>.</summary>
    public bool NeedsNextVersion { get; init; }

    /// <summary>Gets whether it computes with the processor time that the others leave, and so takes the place of none.</summary>
    public bool TakesWhatIsLeft { get; init; }
}

/// <summary>What a row came to.</summary>
/// <param name="Lines">Its lines of the table.</param>
/// <param name="Failure">What went wrong, or null.</param>
internal sealed record FaultOutcome(IReadOnlyList<TableLine> Lines, string? Failure)
{
    /// <summary>Gets what happened, where a line is broken.</summary>
    public string Story { get; init; } = "";
}

/// <summary>A fault cannot be injected on this machine.</summary>
internal sealed class FaultSkippedException(string reason) : Exception(reason);
