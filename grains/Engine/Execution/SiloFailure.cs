namespace OrleansWork;

/// <summary>Why a silo cannot go on in its process.</summary>
/// <param name="Cause">Which of the causes.</param>
/// <param name="Message">What happened, in a sentence for logs.</param>
public sealed record SiloFailure(SiloFailureCause Cause, string Message)
{
    /// <summary>Gets the exit code that says so to whoever starts processes: 6 for lost slots, 7 for isolation.</summary>
    public int ExitCode =>
        Cause switch
        {
            SiloFailureCause.SlotsLost => 6,
            _ => 7,
        };
}
