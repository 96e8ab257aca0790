using System.Diagnostics;

namespace OrleansWork.Engine.Telemetry;

/// <summary>The spans <c>job</c> and <c>lease</c>: what they are called, and what they say.</summary>
/// <remarks>A job has one where it is coordinated. Under it each lease has one from its grant to its report, and under that one on its silo, while it has its
/// slot. Nothing is made where nobody records the job.</remarks>
internal static class Spans
{
    /// <summary>The name of a job's span.</summary>
    public const string Job = "job";

    /// <summary>The name of a lease's spans.</summary>
    public const string Lease = "lease";

    /// <summary>Says which job it is.</summary>
    public const string JobTag = "orleanswork.job";

    /// <summary>Says of which kind the job is.</summary>
    public const string KindTag = "orleanswork.kind";

    /// <summary>Says where the page shows the job, from the address of any silo on.</summary>
    public const string PageTag = "orleanswork.page";

    /// <summary>Says which lease of its job's coordinator it is.</summary>
    public const string LeaseTag = "orleanswork.lease";

    /// <summary>Says which silo has the lease, or coordinates the job.</summary>
    public const string SiloTag = "orleanswork.silo";

    /// <summary>Says the first unit.</summary>
    public const string FromTag = "orleanswork.units.from";

    /// <summary>Says the unit after the last.</summary>
    public const string ToTag = "orleanswork.units.to";

    /// <summary>Says the unit after the last one done.</summary>
    public const string DoneToTag = "orleanswork.units.done_to";

    /// <summary>Says which attempt at its first unit a lease is, from 1.</summary>
    public const string AttemptTag = "orleanswork.attempt";

    /// <summary>Says how it ended.</summary>
    public const string OutcomeTag = "orleanswork.outcome";

    /// <summary>Gets the source of the spans.</summary>
    public static ActivitySource Source { get; } = new(SiloInstruments.SourceName);

    /// <summary>Starts a span that does not become the current one: what its maker does next is no part of it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">What it is to the span above.</param>
    /// <param name="parent">The span above; the default for none.</param>
    /// <returns>Null where nobody records it.</returns>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext parent)
    {
        if (!Source.HasListeners())
            return null;
        Activity? current = Activity.Current;
        try
        {
            // Without a parent of its own it would take the current one.
            Activity.Current = null;
            Activity? started = Source.StartActivity(name, kind, parent);
            if (started is null or { Recorded: true })
                return started;
            started.Dispose();
            return null;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Ends a span, whichever is the current one.</summary>
    public static void End(Activity span)
    {
        Activity? current = Activity.Current;
        span.Dispose();
        Activity.Current = current;
    }

    /// <summary>Says of which job a span is.</summary>
    public static void SayJob(Activity span, string jobId) =>
        span.SetTag(JobTag, jobId).SetTag(PageTag, $"/#/jobs/{Uri.EscapeDataString(jobId)}");
}
