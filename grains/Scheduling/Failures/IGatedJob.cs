namespace OrleansWork.Scheduling.Failures;

/// <summary>A job as a silo sees it when it decides about canaries.</summary>
internal interface IGatedJob
{
    /// <summary>Gets whether it is over.</summary>
    bool HasEnded { get; }

    /// <summary>Says whether the silo holds a lease of it that asks for at least so much care, arrived after a moment and has not ended.</summary>
    bool Holds(LeaseCare care, long arrivedAfterMicros);
}
