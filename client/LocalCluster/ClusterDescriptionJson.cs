using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Console.LocalCluster;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ClusterDescription))]
internal sealed partial class ClusterDescriptionJson : JsonSerializerContext;
