namespace OrleansWork.Engine.Cluster;

/// <summary>What an attempt to connect says about the process that should listen there.</summary>
internal enum PortAnswer
{
    /// <summary>Somebody listens. A frozen process does too: its system accepts for it.</summary>
    Accepted,

    /// <summary>The host answered that nobody listens.</summary>
    Refused,

    /// <summary>No answer in time, or no way there: the network may be at fault.</summary>
    Unknown,
}
