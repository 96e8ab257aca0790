namespace OrleansWork.Scheduling.Coordination;

/// <summary>How a lease ended, or how it goes on. Silos send it: values keep their numbers.</summary>
internal enum LeaseOutcome
{
    /// <summary>Its finished prefix came, and perhaps the failure of the unit after it; the rest goes back.</summary>
    Done,

    /// <summary>Nothing ran: the silo had no room.</summary>
    Refused,

    /// <summary>It runs on; its report comes by a call of the silo's own.</summary>
    Detached,

    /// <summary>Nothing ran: the command was of an older epoch, or of another incarnation.</summary>
    Fenced,

    /// <summary>Nothing ran: the silo cannot prepare the job; the failure says why.</summary>
    Unprepared,

    /// <summary>The silo had finished it and could not keep the result; the units are to be run again.</summary>
    Lost,
}
