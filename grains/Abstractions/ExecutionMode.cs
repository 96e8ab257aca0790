using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>How a lease reaches a silo.</summary>
[JsonConverter(typeof(WordConverter<ExecutionMode>))]
public enum ExecutionMode
{
    /// <summary>By the silo's standing pool of workers.</summary>
    Pooled,

    /// <summary>By a worker activated for it alone: isolated, and 10 to 50 times dearer per lease.</summary>
    Spawned,
}
