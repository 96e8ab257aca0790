namespace OrleansWork.Scheduling.Coordination;

/// <summary>What to tell a silo about leases it holds. It is sent: values keep their numbers.</summary>
internal enum LeaseSignal
{
    /// <summary>Return the finished prefix at the next unit.</summary>
    Yield,

    /// <summary>Stop: the result is not wanted; the unit's token is canceled.</summary>
    Cancel,

    /// <summary>Forget the lease and any result kept for it.</summary>
    Drop,
}
