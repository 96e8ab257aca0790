namespace OrleansWork.Console.Output;

/// <summary>What is said about a job that has ended.</summary>
internal static class JobEnding
{
    /// <summary>Says why there is no result.</summary>
    public static void Explain(Terminal terminal, JobStatus job)
    {
        string error = job.Error is { } known ? JobPage.Error(known) : "";
        if (error.Contains(job.Id, StringComparison.Ordinal))
            terminal.Fail(error);
        else
            terminal.Fail(
                $"Job {job.Id} {(job.State == JobState.Canceled ? "was canceled" : "failed")}{(error.Length == 0 ? "." : $": {error}")}"
            );
    }

    /// <summary>Warns when units are missing from the result, and of what its author should know besides.</summary>
    public static void WarnOfSkipped(Terminal terminal, JobStatus job)
    {
        foreach (string warning in job.Warnings)
            terminal.Warn(warning);
        if (job.Coverage is { } coverage and < 1)
        {
            long missing = (job.Units.Total ?? 0) - job.Units.Done;
            terminal.Warn(
                $"{Numbers.Count(missing)} of {Numbers.Count(job.Units.Total ?? 0)} units are not in the result (coverage {Numbers.Percent(coverage)})."
            );
        }
    }

    /// <summary>Sums the job up.</summary>
    public static string Summary(JobStatus job)
    {
        int silos = job.Silos.Count(share => share.Units > 0);
        string text =
            $"{Numbers.Count(job.Units.Done)} {(job.Units.Done == 1 ? "unit" : "units")} in {Numbers.Seconds(job.ElapsedSeconds)} on {silos} {(silos == 1 ? "silo" : "silos")}";
        if (job.ElapsedSeconds > 0)
            text += $" ({Numbers.Rate(job.Units.Done / job.ElapsedSeconds)})";
        return job.Units.Wasted > 0 ? $"{text}, {Numbers.Count(job.Units.Wasted)} wasted" : text;
    }
}
