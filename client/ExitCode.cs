namespace OrleansWork.Console;

/// <summary>What the process says when it ends; scripts rely on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done; also with skipped units.</summary>
    public const int Done = 0;

    /// <summary>The job failed, or was canceled by someone else; or the console itself broke.</summary>
    public const int JobFailed = 1;

    /// <summary>Wrong usage or input.</summary>
    public const int Usage = 2;

    /// <summary>No cluster or storage was reached, or it was busy after retries.</summary>
    public const int Unavailable = 3;

    /// <summary>There is no such job, silo or unit.</summary>
    public const int NotFound = 4;

    /// <summary>Rights, limits or the state do not allow it.</summary>
    public const int Refused = 5;

    /// <summary>The job has not finished yet.</summary>
    public const int NotFinished = 6;

    /// <summary>The standard output, or the file of <c>--out</c>, did not take all; what a job computed is kept by its cluster.</summary>
    public const int OutputFailed = 7;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>Says in a few words what a code means.</summary>
    public static string Meaning(int code) =>
        code switch
        {
            Done => "done; also with skipped units, of which a warning says how many",
            JobFailed => "the job failed, or was canceled by someone else",
            Usage => "wrong usage or input; the message names the option or the field",
            Unavailable => "no cluster or storage was reached, or it was busy after retries",
            NotFound => "there is no such job, silo or unit",
            Refused => "rights, limits or the state do not allow it",
            NotFinished => "the job has not finished yet",
            OutputFailed => "the output or the file of `--out` could not be written; a result is kept by its cluster",
            Interrupted => "ended by Ctrl-C",
            _ => throw new ArgumentOutOfRangeException(nameof(code), code, "No command ends so."),
        };

    /// <summary>Returns the code for a request that was not carried out.</summary>
    public static int Of(ErrorReason reason) =>
        reason switch
        {
            ErrorReason.WrongInput => Usage,
            ErrorReason.NotFound => NotFound,
            ErrorReason.Refused or ErrorReason.Conflict or ErrorReason.LimitReached => Refused,
            _ => Unavailable,
        };
}
