using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Console.LocalCluster;

/// <summary>What processes of a local cluster say to each other, one JSON document a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LocalClusterOptions))]
[JsonSerializable(typeof(SiloReady))]
[JsonSerializable(typeof(ClusterSize))]
[JsonSerializable(typeof(string))]
internal sealed partial class LineJson : JsonSerializerContext;
