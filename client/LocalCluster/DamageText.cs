using System.Globalization;
using OrleansWork.Store;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Tells the user what is wrong with the files of a store, what that costs and what can be done.</summary>
internal static class DamageText
{
    // More of them are in the log of the store.
    private const int MostIds = 20;
    private const int MostFiles = 5;

    /// <summary>Why a store was not started.</summary>
    public static string Refused(string dataDirectory, StoreDamage damage, string log)
    {
        List<string> lines = [$"The store in {dataDirectory} is damaged, so it was not started."];
        lines.AddRange(What(damage));
        lines.AddRange(Cost(damage, log));
        lines.Add(
            $"Restore {dataDirectory} from a copy that is whole, or go on without what is gone: orleanswork up --data {dataDirectory} --accept-loss keeps the damaged files beside the store and starts with what was committed before the first damage."
        );
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>What is gone from a store that was started all the same.</summary>
    public static string Accepted(string dataDirectory, StoreDamage damage)
    {
        List<string> lines = [$"The store in {dataDirectory} is damaged and was started without what is gone, as asked."];
        lines.AddRange(What(damage));
        lines.AddRange(Cost(damage, log: null));
        if (damage.KeptAs.Count > 0)
            lines.Add($"The damaged files are kept as {string.Join(" and ", damage.KeptAs)}.");
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>Why a store was not started by a clock that was set back.</summary>
    public static string ClockBehind(string dataDirectory, DateTimeOffset now, DateTimeOffset lastWrites) =>
        $"The clock of this machine says {Text(now)}, but the store in {dataDirectory} was last written at {Text(lastWrites)}: the clock is {Duration.Format(Rounded(lastWrites - now))} behind. Set it right; if it was ahead at that time, start once with --accept-clock.";

    private static IEnumerable<string> What(StoreDamage damage)
    {
        if (damage.SealProblem is { } problem)
            yield return $"store.seal, which says what was written, cannot be used: {problem}.";
        foreach (DamagedFile file in damage.Files.Take(MostFiles))
        {
            yield return file.Kind switch
            {
                DamageKind.Missing when file.To > 0 => Invariant($"{file.Path} is missing; it held {file.To} bytes."),
                DamageKind.Missing => $"{file.Path} is missing.",
                DamageKind.CutOff => Invariant($"{file.Path} ends at byte {file.From}, but was written up to byte {file.To}."),
                _ => Invariant($"{file.Path} has other bytes than were written, between {file.From} and {file.To}."),
            };
        }

        if (damage.Files.Count > MostFiles)
            yield return Invariant($"… and {damage.Files.Count - MostFiles} places more.");
    }

    private static IEnumerable<string> Cost(StoreDamage damage, string? log)
    {
        string until = damage.Until is { } time ? $" acknowledged until {Text(time)}" : "";
        if (damage is { SealProblem: not null, JobsLeft: { } left })
            yield return Invariant(
                $"So it cannot be said which jobs are gone or go back to an earlier state: {Jobs(damage.Jobs)} had a record, {left} of the log's can be read."
            );
        else if (damage.SealProblem is not null)
            yield return "So it cannot be said whether any job is gone.";
        else if (damage.IsUnknown)
            yield return Invariant($"What that costs the {Jobs(damage.Jobs)}{until} is not known.");
        else if (damage.Lost.Count == 0)
            yield return Invariant($"None of the {Jobs(damage.Jobs)}{until} is gone.");
        if (damage.Lost.Count > 0)
            yield return Invariant(
                $"{damage.Lost.Count} of {Jobs(damage.Jobs)}{until} {IsOrAre(damage.Lost)} gone: {Ids(damage.Lost, log)}."
            );
        if (damage.SetBack.Count > 0)
            yield return Invariant(
                $"{damage.SetBack.Count} {(damage.SetBack.Count == 1 ? "goes" : "go")} back to an earlier state: {Ids(damage.SetBack, log)}."
            );
        if (damage.Revived.Count > 0)
            yield return Invariant(
                $"{damage.Revived.Count} that {(damage.Revived.Count == 1 ? "was" : "were")} forgotten {(damage.Revived.Count == 1 ? "comes" : "come")} back: {Ids(damage.Revived, log)}."
            );
    }

    private static string Ids(IReadOnlyList<string> ids, string? log) =>
        string.Join(", ", ids.Take(MostIds))
        + (ids.Count > MostIds ? Invariant($" and {ids.Count - MostIds} more{(log is null ? "" : $" (all of them in {log})")}") : "");

    private static string Jobs(int count) => count == 1 ? "1 job" : Invariant($"{count} jobs");

    private static string IsOrAre(IReadOnlyList<string> ids) => ids.Count == 1 ? "is" : "are";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static TimeSpan Rounded(TimeSpan time) => TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
