using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Why a request was not carried out; decides the exit code and the HTTP status.</summary>
[JsonConverter(typeof(WordConverter<ErrorReason>))]
public enum ErrorReason
{
    /// <summary>The input or the options are wrong; nothing was recorded.</summary>
    WrongInput,

    /// <summary>There is no such job, silo or unit.</summary>
    NotFound,

    /// <summary>The state, the rights or a limit do not allow it.</summary>
    Refused,

    /// <summary>The id is taken by another job.</summary>
    Conflict,

    /// <summary>A limit is reached for now; try again later.</summary>
    Busy,

    /// <summary>No cluster or no storage was reached; try again later.</summary>
    Unavailable,

    /// <summary>As many jobs are open as the cluster takes; a try makes sense once some have ended.</summary>
    LimitReached,
}
