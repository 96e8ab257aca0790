using System.Text.Json;

namespace OrleansWork;

/// <summary>What one item of a map job came to.</summary>
/// <param name="Unit">The item's number, from 0 in the order of enumeration.</param>
/// <param name="Value">Its result; default when it failed for good.</param>
/// <param name="Error">Why it failed for good, or null.</param>
public sealed record UnitResult<TOut>(long Unit, TOut? Value, JobError? Error = null);

/// <summary>What one item of a map job came to, as it is stored.</summary>
/// <param name="Unit">The item's number, from 0 in the order of enumeration.</param>
/// <param name="Json">Its result as UTF-8 JSON; empty when it failed for good.</param>
/// <param name="Error">Why it failed for good, or null.</param>
public sealed record UnitResult(long Unit, ReadOnlyMemory<byte> Json, JobError? Error = null)
{
    /// <summary>Writes the line <c>{"unit", "result"}</c> or <c>{"unit", "error"}</c>, with its line feed, as lists of results have it.</summary>
    public void WriteLine(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using (
            Utf8JsonWriter writer = new(
                output,
                new JsonWriterOptions { Encoder = OrleansWorkJson.Documents.Encoder, SkipValidation = true }
            )
        )
        {
            writer.WriteStartObject();
            writer.WriteNumber("unit", Unit);
            if (Error is null)
            {
                writer.WritePropertyName("result");
                writer.WriteRawValue(Json.Span, skipInputValidation: true);
            }
            else
            {
                writer.WritePropertyName("error");
                JsonSerializer.Serialize(writer, Error, OrleansWorkJson.Documents);
            }

            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    internal UnitResult<TOut> As<TOut>() =>
        Error is null ? new(Unit, JsonSerializer.Deserialize<TOut>(Json.Span, OrleansWorkJson.Payloads)) : new(Unit, default, Error);
}
