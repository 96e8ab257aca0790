using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork;

/// <summary>Writes and reads changes of options as merge patches, whatever the options of the serializer are: what is not set is left out, which null is not.</summary>
public sealed class JobOptionsChangeConverter : JsonConverter<JobOptionsChange>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">An option is not known, cannot be changed, or has a wrong value; the message says which.</exception>
    public override JobOptionsChange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        (JobOptionsChange change, IReadOnlyList<InputProblem> problems) = JobOptionsPatch.Read(JsonElement.ParseValue(ref reader));
        return problems.Count == 0 ? change : throw new JsonException(string.Join(' ', problems.Select(problem => problem.Message)));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, JobOptionsChange value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        JobOptionsPatch.Write(writer, value);
    }
}
