using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace OrleansWork;

/// <summary>Reads the inputs of job kinds: JSON as users write it becomes a value and canonical JSON, or problems that users understand.</summary>
internal static class KindInput
{
    /// <summary>Reads an input of type <typeparamref name="T"/>.</summary>
    /// <param name="json">UTF-8 JSON; a byte order mark is skipped. Fields left out get their defaults.</param>
    /// <returns>
    /// The value and its canonical JSON; or problems, each with the field's path (<c>numbers[3]</c>, <c>center.x</c>) and what would be
    /// right: text that is not JSON, unknown fields with the nearest known name, missing, doubled and null fields, values of the wrong
    /// type or range. At most <see cref="MaxProblems"/> are listed. Never throws for a wrong input.
    /// </returns>
    public static KindInput<T> Read<T>(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        if (!Utf8.IsValid(json.Span))
            return new(default, null, [new("", "The input is not UTF-8 text.")]);
        if (json.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return new(default, null, [new("", "The input is empty; {} takes every field's default.")]);

        JsonTypeInfo<T> type = (JsonTypeInfo<T>)OrleansWorkJson.Payloads.GetTypeInfo(typeof(T));
        List<InputProblem> problems = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = OrleansWorkJson.MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Null)
                problems.Add(new("", $"The input is null; it must be {JsonExpectation.Of(type)}."));
            else
                new JsonShape(problems).Check(document.RootElement, type, "");
            if (problems.Count > 0)
                return new(default, null, problems);

            T value = document.RootElement.Deserialize(type)!;
            return new(value, JsonSerializer.SerializeToUtf8Bytes(value, type), []);
        }
        catch (JsonException exception)
        {
            problems.Add(JsonShape.Explain(exception));
        }
        catch (Exception exception)
            when (exception is ArgumentException or FormatException or OverflowException or InvalidOperationException)
        {
            // The constructor or a setter of the input refused a value that its type allows.
            problems.Add(new("", exception.Message));
        }

        return new(default, null, problems);
    }

    /// <summary>Reads an input and lets its kind validate it.</summary>
    /// <returns>As <see cref="Read{T}(ReadOnlyMemory{byte})"/>; the problems may come from the input's DataAnnotations and, where those find none,
    /// from the kind's <c>Validate</c>.</returns>
    /// <exception cref="Exception">Whatever the kind's <c>Validate</c> throws.</exception>
    public static KindInput<TInput> Read<TInput, TPartial, TResult>(JobKind<TInput, TPartial, TResult> kind, ReadOnlyMemory<byte> json)
    {
        ArgumentNullException.ThrowIfNull(kind);
        KindInput<TInput> reading = Read<TInput>(json);
        if (reading.Problems.Count > 0)
            return reading;
        InputProblem[] problems = [.. InputProblem.FromAnnotations(reading.Value!).Take(MaxProblems)];
        if (problems.Length == 0)
            problems = [.. kind.Validate(reading.Value!).Take(MaxProblems)];
        return problems.Length == 0 ? reading : new(default, null, problems);
    }

    /// <summary>How many problems are listed at most.</summary>
    public const int MaxProblems = 50;
}

/// <summary>What reading an input gave: a value, or problems.</summary>
/// <param name="Value">The input; default when there are problems.</param>
/// <param name="Canonical">
/// The input as canonical JSON: camelCase, defaults filled in, fields in the order of their declaration; null when there are problems.
/// Equal inputs have equal bytes.
/// </param>
/// <param name="Problems">What is wrong; empty when nothing is.</param>
internal sealed record KindInput<T>(T? Value, byte[]? Canonical, IReadOnlyList<InputProblem> Problems);
