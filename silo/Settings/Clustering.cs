namespace OrleansWork.Silo.Settings;

/// <summary>How silos find each other and where they keep what must survive them.</summary>
internal enum Clustering
{
    /// <summary>One silo, everything in its memory: nothing is durable.</summary>
    Local,

    /// <summary>Membership, grain storage and reminders in Redis or a server that speaks its protocol.</summary>
    Redis,
}
