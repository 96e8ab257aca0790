using System.Text.Json;
using OrleansWork.Console.Input;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Lists as people read them.</summary>
internal static class Tables
{
    /// <summary>A cell with text from outside.</summary>
    public static Text Cell(string? text) => new(Printable.Escape(text));

    public static IRenderable Jobs(IReadOnlyList<JobSummary> jobs, int longestError)
    {
        Listing table = new("id", "kind", "state", ">units", ">done", ">time", "submitted", "~error");
        foreach (JobSummary job in jobs)
        {
            table.Add(
                job.Id,
                job.Kind,
                new Listing.Cell(Name(job.State), StyleOf(job.State)),
                job.Units.Total is { } total ? Numbers.Count(total) : "",
                Numbers.Count(job.Units.Done),
                Numbers.Seconds(job.ElapsedSeconds),
                Numbers.Time(job.SubmittedAt),
                Shorten(job.Error?.Message, longestError)
            );
        }

        return table;
    }

    /// <summary>Jobs that have not ended, each with the units that it commits a second, where that is known.</summary>
    public static IRenderable OpenJobs(IEnumerable<(JobSummary Job, double? UnitsPerSecond)> jobs)
    {
        Listing table = new("id", "kind", "state", ">units", ">done", ">rate", ">left");
        foreach ((JobSummary job, double? rate) in jobs)
        {
            table.Add(
                job.Id,
                job.Kind,
                new Listing.Cell(Name(job.State), StyleOf(job.State)),
                job.Units.Total is { } total ? Numbers.Count(total) : "",
                Numbers.Count(job.Units.Done),
                rate is { } known ? Numbers.Rate(known) : "",
                job.EtaSeconds is { } eta ? JobPage.Eta(eta) : ""
            );
        }

        return table;
    }

    public static IRenderable Contexts(IReadOnlyList<ContextStatus> contexts)
    {
        Listing table = new("", "name", "~url");
        foreach (ContextStatus context in contexts)
            table.Add(context.Current ? "*" : "", context.Name, string.Join(", ", context.Urls));
        return table;
    }

    public static IRenderable Silos(IReadOnlyList<SiloStatus> silos)
    {
        Listing table = new("silo", "state", ">slots", ">running", ">queued", ">speed", ">errors", ">cpu", ">memory", "labels");
        foreach (SiloStatus silo in silos)
        {
            table.Add(
                silo.Silo,
                silo.State,
                Numbers.Count(silo.Slots),
                Numbers.Count(silo.Running),
                Numbers.Count(silo.Queued),
                Numbers.Rate(silo.UnitsPerSecond),
                Numbers.Percent(silo.ErrorRate),
                Numbers.Percent(silo.Cpu),
                Memory(silo),
                string.Join(' ', silo.Labels.Select(label => label.Value.Length == 0 ? label.Key : $"{label.Key}={label.Value}"))
            );
        }

        return table;
    }

    public static IRenderable Kinds(IReadOnlyList<KindStatus> kinds)
    {
        Listing table = new("kind", ">version", ">silos", "~description");
        foreach (KindStatus kind in kinds)
            table.Add(kind.Kind, Numbers.Count(kind.Version), Numbers.Count(kind.Silos), kind.Description);
        return table;
    }

    public static IRenderable Fields(InputSchema schema)
    {
        Listing table = new("field", "value", "default", "~meaning");
        foreach (FieldSchema field in schema.Fields)
        {
            string value =
                field.Required ? "required"
                : field.Default is { ValueKind: not JsonValueKind.Null } known ? known.GetRawText()
                : "";
            table.Add($"--{field.Name}", field.TypeName, value, field.Description);
        }

        return table;
    }

    public static IRenderable Shares(IReadOnlyList<SiloShare> silos)
    {
        Listing table = new("silo", ">units", ">leases", ">busy");
        foreach (SiloShare share in silos)
            table.Add(share.Silo, Numbers.Count(share.Units), Numbers.Count(share.Leases), Numbers.Seconds(share.BusySeconds));
        return table;
    }

    /// <summary>Where the time of a job's slots went; parts without any are left out.</summary>
    public static IRenderable Accounting(JobAccounting account)
    {
        Listing table = new("time of the slots", ">slot-seconds", ">share");
        Add("compute", account.Compute);
        Add("queue on silo", account.Queue);
        Add("transfer", account.Transfer);
        Add("combine", account.Combine);
        Add("other jobs", account.OtherJobs);
        Add("idle, no work", account.IdleNoWork);
        Add("idle, work elsewhere", account.IdleWorkElsewhere);
        Add("wasted by retry", account.WastedRetry);
        Add("wasted by speculation", account.WastedSpeculation);
        table.Add("in all", Numbers.Seconds(account.SlotSeconds), "");
        return table;

        void Add(string part, double seconds)
        {
            if (seconds > 0)
                table.Add(part, Numbers.Seconds(seconds), Numbers.Percent(seconds / account.SlotSeconds));
        }
    }

    public static IRenderable Failures(IReadOnlyList<UnitFailure> failures, int longestMessage)
    {
        Listing table = new(">unit", ">attempts", "silo", "~failure");
        foreach (UnitFailure failure in failures)
        {
            table.Add(
                Numbers.Count(failure.Unit),
                Numbers.Count(failure.Attempts),
                failure.Silo,
                ShortenInside($"{failure.Type}: {failure.Message}", longestMessage)
            );
        }

        return table;
    }

    public static Text State(JobState state) => new(Name(state), StyleOf(state));

    /// <summary>The word by which documents say a value of an enumeration.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static string Name(JobState state) => state.ToString().ToLowerInvariant();

    public static string Shorten(string? text, int length) =>
        text is null ? ""
        : text.Length <= length ? text
        : $"{text.AsSpan(0, length - (char.IsHighSurrogate(text[length - 2]) ? 2 : 1))}…";

    private static Style StyleOf(JobState state) =>
        state switch
        {
            JobState.Succeeded => new Style(Color.Green),
            JobState.Failed => new Style(Color.Red),
            JobState.Canceled or JobState.Paused => new Style(Color.Yellow),
            JobState.Running or JobState.Decomposing => new Style(Color.Blue),
            _ => Style.Plain,
        };

    /// <summary>Cuts in the middle: what a text ends with is what caused the rest.</summary>
    private static string ShortenInside(string text, int length)
    {
        if (text.Length <= length)
            return text;
        int head = (length - 3) / 2;
        int tail = text.Length - ((length - 2) / 2);
        head -= char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(text[tail]) ? 1 : 0;
        return $"{text.AsSpan(0, head)} … {text.AsSpan(tail)}";
    }

    private static string Memory(SiloStatus silo) =>
        silo.MemoryLimitBytes > 0
            ? $"{Numbers.Bytes(silo.MemoryBytes)} of {Numbers.Bytes(silo.MemoryLimitBytes)}"
            : Numbers.Bytes(silo.MemoryBytes);
}
