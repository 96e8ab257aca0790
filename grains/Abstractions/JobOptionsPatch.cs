using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork;

/// <summary>A <see cref="JobOptionsChange"/> as JSON: a merge patch (RFC 7396).</summary>
internal static class JobOptionsPatch
{
    // How each option is taken over from options that have it, or put to null.
    private static readonly Dictionary<string, Func<JobOptionsChange, JobOptions?, JobOptionsChange>> s_set = new(StringComparer.Ordinal)
    {
        ["placement"] = static (change, from) => change with { Placement = from?.Placement },
        ["execution"] = static (change, from) => change with { Execution = from?.Execution },
        ["chunkTime"] = static (change, from) => change with { ChunkTime = from?.ChunkTime },
        ["chunkUnits"] = static (change, from) => change with { ChunkUnits = from?.ChunkUnits },
        ["maxParallel"] = static (change, from) => change with { MaxParallel = from?.MaxParallel },
        ["priority"] = static (change, from) => change with { Priority = from?.Priority },
        ["speculation"] = static (change, from) => change with { Speculation = from?.Speculation },
    };

    /// <summary>Reads a patch.</summary>
    /// <param name="patch">What was written.</param>
    /// <returns>The change; or problems, by the option: no such option, one that cannot be changed, a wrong type, a value out of range.</returns>
    public static (JobOptionsChange Change, IReadOnlyList<InputProblem> Problems) Read(JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
            return (new(), [new InputProblem("options", "The change must be an object of the options that are to change.")]);
        JobOptionsChange change = new();
        List<InputProblem> problems = [];
        List<string> given = [];
        ArrayBufferWriter<byte> values = new();
        using (Utf8JsonWriter writer = new(values))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in patch.EnumerateObject())
            {
                string name = NameOf(member);
                if (!s_set.TryGetValue(name, out Func<JobOptionsChange, JobOptions?, JobOptionsChange>? set))
                    problems.Add(Unchangeable(name));
                else if (member.Value.ValueKind == JsonValueKind.Null)
                    change = set(change, null);
                else
                {
                    given.Add(name);
                    writer.WritePropertyName(name);
                    writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
                }

                if (problems.Count >= KindInput.MaxProblems)
                    break;
            }

            writer.WriteEndObject();
        }

        KindInput<JobOptions> reading = KindInput.Read<JobOptions>(values.WrittenMemory);
        problems.AddRange(reading.Problems);
        if (reading.Value is { } options)
        {
            change = given.Aggregate(change, (so, name) => s_set[name](so, options));
            problems.AddRange(change.Validate());
        }

        return (change, problems);
    }

    /// <summary>Writes a patch.</summary>
    public static void Write(Utf8JsonWriter writer, JobOptionsChange change)
    {
        JsonElement values = JsonSerializer.SerializeToElement(change.ApplyTo(new JobOptions()), OrleansWorkJson.Documents);
        writer.WriteStartObject();
        foreach ((string option, bool isSet, bool isNull) in change.Wishes)
        {
            if (!isSet)
                continue;
            writer.WritePropertyName(option);
            if (isNull)
                writer.WriteNullValue();
            else
                values.GetProperty(option).WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a patch as UTF-8 JSON.</summary>
    public static byte[] Write(JobOptionsChange change) => JsonSerializer.SerializeToUtf8Bytes(change, OrleansWorkJson.Documents);

    private static InputProblem Unchangeable(string name)
    {
        string changeable = $"What can be changed is {string.Join(", ", s_set.Keys)}.";
        string shown = BoundedText.Cut(name, 64);
        if (OrleansWorkJson.Payloads.GetTypeInfo(typeof(JobOptions)).Properties.Any(option => option.Name == name))
            return new(name, $"{name} stays as the job was submitted. {changeable}");
        string near = Suggestions.Phrase(shown, s_set.Keys);
        return new(shown, $"There is no option {shown}{(near.Length == 0 ? "." : near)} {changeable}");
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: no option's name.
            return "\uFFFD";
        }
    }
}
