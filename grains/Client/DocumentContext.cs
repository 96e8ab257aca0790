using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>How the lists that consoles ask for most are read: written by the compiler, for finding that out anew costs a process that asks once as much as asking.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Page<SiloStatus>))]
[JsonSerializable(typeof(Page<JobSummary>))]
[JsonSerializable(typeof(Page<KindStatus>))]
internal sealed partial class DocumentContext : JsonSerializerContext;
