namespace OrleansWork.Scheduling.Fairness;

/// <summary>One job as one <see cref="AdmissionControl"/> sees it; belongs to that control alone.</summary>
internal sealed class JobAdmission
{
    /// <summary>Gets how many leases of the job are admitted and not released.</summary>
    public int Held { get; internal set; }

    /// <summary>Gets its weight against others: priority + 1.</summary>
    public int Weight { get; internal set; } = 1;

    internal long SeenAtMicros { get; set; }
    internal bool IsSeen { get; set; }
    internal JobAdmission? Older { get; set; }
    internal JobAdmission? Newer { get; set; }
}
