using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansWork.Console.Top;

/// <summary>A sample as one JSON document.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Silos">The silos, as <c>silos --json</c> lists them.</param>
/// <param name="Jobs">The open jobs, as <c>jobs --json</c> lists them, and <c>unitsPerSecond</c> beside.</param>
internal sealed record TopDocument(DateTimeOffset At, IReadOnlyList<SiloStatus> Silos, IReadOnlyList<JsonObject> Jobs)
{
    /// <summary>Makes it.</summary>
    public static TopDocument Of(TopSample sample) => new(sample.At, sample.Silos, [.. sample.Jobs.Select(OfJob)]);

    private static JsonObject OfJob(TopJob job)
    {
        JsonObject document = JsonSerializer.SerializeToNode(job.Summary, OrleansWorkJson.Documents)!.AsObject();
        document["unitsPerSecond"] = job.UnitsPerSecond;
        return document;
    }
}
