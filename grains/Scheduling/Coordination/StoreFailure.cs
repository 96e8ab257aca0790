namespace OrleansWork.Scheduling.Coordination;

/// <summary>Why a write is not stored.</summary>
internal enum StoreFailure
{
    /// <summary>Storage did not answer; whether it took the write is unknown.</summary>
    NotReached,

    /// <summary>Somebody else wrote the record: this coordinator is not the one.</summary>
    Superseded,

    /// <summary>What was to be written could not be made, and something else ends the job because of that.</summary>
    NotMade,

    /// <summary>What was to be written cannot be made before something else is written.</summary>
    NotYet,
}
