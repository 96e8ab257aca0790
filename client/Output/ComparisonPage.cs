using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Two jobs side by side, as people read it.</summary>
internal static class ComparisonPage
{
    private const string Unknown = "-";

    /// <summary>Makes the page.</summary>
    public static IRenderable Of(JobComparison compared)
    {
        (JobDetails a, JobDetails b) = (compared.A, compared.B);
        Listing jobs = new("", "job", "kind", "state", "placement", "execution", ">lease time");
        Add("A", a);
        Add("B", b);
        Listing measures = new("measure", ">A", ">B", "better");
        foreach (ComparedMeasure measure in compared.Measures)
            measures.Add(
                NameOf(measure.Name),
                Text(measure.Name, measure.A),
                Text(measure.Name, measure.B),
                measure.Better?.ToUpperInvariant() ?? ""
            );
        List<IRenderable> parts = [new Text(Verdict(compared)), Spectre.Console.Text.Empty, jobs, Spectre.Console.Text.Empty, measures];
        if (a.Accounting is { SlotSeconds: > 0 } || b.Accounting is { SlotSeconds: > 0 })
            parts.AddRange([Spectre.Console.Text.Empty, Accounting(a.Accounting, b.Accounting)]);
        return new Rows(parts);

        void Add(string name, JobDetails job) =>
            jobs.Add(
                name,
                job.Id,
                $"{job.Kind} v{job.Version}",
                Tables.Name(job.State),
                Tables.Word(job.Options.Placement),
                Tables.Word(job.Options.Execution),
                job.Options.ChunkUnits is { } units ? $"{Numbers.Count(units)} units" : Duration.Format(job.Options.ChunkTime)
            );
    }

    private static string Verdict(JobComparison compared)
    {
        string input = compared.SameInput switch
        {
            true => "Same input",
            false => "Different input",
            _ => "Whether the input is the same is not known",
        };
        string result = compared.SameResult switch
        {
            true => ", same result bits",
            false => ", different result bits",
            _ => "",
        };
        return $"{Ending(compared)} {input}{result}.";
    }

    private static string Ending(JobComparison compared)
    {
        (JobDetails a, JobDetails b) = (compared.A, compared.B);
        if (JobComparison.Makespan(a) is not { } first || JobComparison.Makespan(b) is not { } second)
            return a.IsTerminal && b.IsTerminal
                ? "One of them ran no lease."
                : $"{(a.IsTerminal ? "B" : b.IsTerminal ? "A" : "Neither")} has {(a.IsTerminal || b.IsTerminal ? "not " : "")}ended.";
        if (a.State != JobState.Succeeded || b.State != JobState.Succeeded)
            return "Not both succeeded: their times do not tell which is quicker.";
        double apart = Math.Abs(first - second);
        return apart < Math.Max(0.05, Math.Max(first, second) * 0.01)
            ? $"Both took {Numbers.Seconds(first)}."
            : $"{(first < second ? "A" : "B")} ended {Numbers.Seconds(apart)} sooner.";
    }

    private static Listing Accounting(JobAccounting? a, JobAccounting? b)
    {
        Listing table = new("time of the slots", ">A", ">share", ">B", ">share");
        Add("compute", static account => account.Compute);
        Add("queue on silo", static account => account.Queue);
        Add("transfer", static account => account.Transfer);
        Add("combine", static account => account.Combine);
        Add("other jobs", static account => account.OtherJobs);
        Add("idle, no work", static account => account.IdleNoWork);
        Add("idle, work elsewhere", static account => account.IdleWorkElsewhere);
        Add("wasted by retry", static account => account.WastedRetry);
        Add("wasted by speculation", static account => account.WastedSpeculation);
        table.Add("in all", Seconds(a, static account => account.SlotSeconds), "", Seconds(b, static account => account.SlotSeconds), "");
        return table;

        void Add(string part, Func<JobAccounting, double> read)
        {
            if ((a is not null && read(a) > 0) || (b is not null && read(b) > 0))
                table.Add(part, Seconds(a, read), Share(a, read), Seconds(b, read), Share(b, read));
        }
    }

    private static string Seconds(JobAccounting? account, Func<JobAccounting, double> read) =>
        account is null ? Unknown : Numbers.Seconds(read(account));

    private static string Share(JobAccounting? account, Func<JobAccounting, double> read) =>
        account is { SlotSeconds: > 0 } ? Numbers.Percent(read(account) / account.SlotSeconds) : Unknown;

    private static string NameOf(string measure) =>
        measure switch
        {
            "makespanSeconds" => "makespan",
            "overLowerBound" => "over lower bound",
            "slotsBusy" => "slots busy",
            "balance" => "balance, CoV of busy time",
            "leaseSecondsP50" => "lease time p50",
            "leaseSecondsP90" => "lease time p90",
            "leaseSecondsP99" => "lease time p99",
            "lastRoundSeconds" => "time in last round",
            _ => measure,
        };

    private static string Text(string measure, double? value) =>
        (measure, value) switch
        {
            (_, null) => Unknown,
            ("overLowerBound", { } ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} x"),
            ("balance", { } variation) => string.Create(CultureInfo.InvariantCulture, $"{variation:0.00}"),
            ("slotsBusy" or "wasted", { } share) => Numbers.Percent(share),
            ("leases", { } count) => Numbers.Count((long)count),
            (_, { } seconds) => Numbers.Seconds(seconds),
        };
}
