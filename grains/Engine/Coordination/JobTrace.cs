using System.Collections.Immutable;
using System.Diagnostics;
using OrleansWork.Engine.Storage;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>The span of a job while it is coordinated here, and those of its leases; costs a comparison where nobody records it.</summary>
/// <remarks>Called in the run's turns. The span of a lease ends with its report, however that comes, with its silo, or with the job.</remarks>
internal sealed class JobTrace : IDisposable
{
    private readonly JobManifest _manifest;
    private readonly Activity? _job;
    private readonly Dictionary<long, Activity> _leases = [];

    /// <summary>Starts the span of a job.</summary>
    /// <param name="manifest">The job.</param>
    /// <param name="silo">The silo that coordinates it.</param>
    /// <param name="submission">The span of its submission; the default where this coordinator did not take it.</param>
    public JobTrace(JobManifest manifest, SiloAddress silo, ActivityContext submission)
    {
        _manifest = manifest;
        _job = Spans.Start(Spans.Job, ActivityKind.Internal, submission);
        if (_job is null)
            return;
        Spans.SayJob(_job, manifest.JobId);
        _job.SetTag(Spans.KindTag, manifest.Kind).SetTag(Spans.SiloTag, silo.ToParsableString());
    }

    /// <summary>Starts the spans of leases that share a message.</summary>
    /// <param name="leases">The leases.</param>
    /// <param name="silo">The silo; empty when Orleans chooses it.</param>
    /// <returns>What the silo is told of them; null where nobody records them.</returns>
    public LeaseTrace? Leased(ImmutableArray<Lease> leases, string silo)
    {
        if (_job is null)
            return null;
        Activity?[] spans = new Activity?[leases.Length];
        for (int i = 0; i < spans.Length; i++)
            spans[i] = Start(leases[i], silo);
        return LeaseTrace.Of(_job.TraceId, spans);
    }

    /// <summary>Makes the span of a lease the current one, so that the call which brings it is a part of it; in an async method until that returns.</summary>
    public void Enter(long lease)
    {
        if (_job is not null && _leases.TryGetValue(lease, out Activity? span))
            Activity.Current = span;
    }

    /// <summary>Takes what became of a lease.</summary>
    public void Reported(LeaseReport report, string silo)
    {
        if (_job is null || report.Epoch != _manifest.Epoch || !_leases.TryGetValue(report.Number, out Activity? span))
            return;
        span.SetTag(Spans.SiloTag, silo);
        if (report.Outcome == LeaseOutcome.Detached)
        {
            span.AddEvent(new ActivityEvent("detached"));
            return;
        }

        span.SetTag(Spans.DoneToTag, report.DoneTo);
        if (report.Failure is { } failure)
            span.SetStatus(ActivityStatusCode.Error, failure.Message);
        End(report.Number, span, NameOf(report));
    }

    /// <summary>Hears that a call with leases did not come back.</summary>
    public void CallFailed(ImmutableArray<Lease> leases, string why)
    {
        if (_job is null)
            return;
        foreach (Lease lease in leases)
        {
            if (_leases.TryGetValue(lease.Number, out Activity? span))
                End(lease.Number, span.SetStatus(ActivityStatusCode.Error, why), "lost");
        }
    }

    /// <summary>Hears that a silo is gone with all that it held.</summary>
    public void SiloLost(string silo)
    {
        if (_job is null)
            return;
        foreach (
            (long number, Activity span) in _leases
                .Where(lease => silo.Equals(lease.Value.GetTagItem(Spans.SiloTag) as string, StringComparison.Ordinal))
                .ToArray()
        )
            End(number, span.SetStatus(ActivityStatusCode.Error, "its silo is gone"), "lost");
    }

    /// <summary>Hears how the job ended.</summary>
    public void Ended(JobPhase phase, JobFailure? failure)
    {
        if (_job is null)
            return;
        _job.SetTag(Spans.OutcomeTag, phase.ToString().ToLowerInvariant());
        if (phase == JobPhase.Failed)
            _job.SetStatus(ActivityStatusCode.Error, failure?.Message);
    }

    /// <summary>Ends all that is open.</summary>
    public void Dispose()
    {
        if (_job is null)
            return;
        foreach ((long number, Activity span) in _leases.ToArray())
            End(number, span, "released");
        if (_job.GetTagItem(Spans.OutcomeTag) is null)
            _job.SetTag(Spans.OutcomeTag, "left");
        Spans.End(_job);
    }

    private Activity? Start(in Lease lease, string silo)
    {
        if (Spans.Start(Spans.Lease, ActivityKind.Client, _job!.Context) is not { } span)
            return null;
        Spans.SayJob(span, _manifest.JobId);
        span.SetTag(Spans.LeaseTag, lease.Number)
            .SetTag(Spans.FromTag, lease.From)
            .SetTag(Spans.ToTag, lease.To)
            .SetTag(Spans.AttemptTag, lease.Attempt);
        if (silo.Length > 0)
            span.SetTag(Spans.SiloTag, silo);
        _leases[lease.Number] = span;
        return span;
    }

    private void End(long number, Activity span, string outcome)
    {
        _leases.Remove(number);
        Spans.End(span.SetTag(Spans.OutcomeTag, outcome));
    }

    private static string NameOf(LeaseReport report) =>
        report.Failure is not null ? "failed" : report.Outcome.ToString().ToLowerInvariant();
}
