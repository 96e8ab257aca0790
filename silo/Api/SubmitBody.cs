using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansWork.Silo.Api;

/// <summary>A submission by HTTP: <c>{id?, kind, input?, options?}</c>.</summary>
/// <param name="Id">The job's id; null for a new one.</param>
/// <param name="Kind">The kind's name.</param>
/// <param name="Input">Its input as it was written; <c>{}</c> where it is missing.</param>
/// <param name="Options">How to run it.</param>
internal sealed record SubmitBody(string? Id, string Kind, ReadOnlyMemory<byte> Input, JobOptions Options)
{
    private static readonly string[] s_members = ["id", "kind", "input", "options"];

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="RequestRefusedException">It is none of that form; the message names the member.</exception>
    public static async Task<SubmitBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        JsonElement body = await RequestBody.ReadAsync(request, s_members, cancellationToken);
        string? kind = RequestBody.Text(body, "kind");
        if (string.IsNullOrEmpty(kind))
            throw Problems.Wrong("kind", "'kind' is missing: the name of a job kind; /api/kinds lists them.");
        return new SubmitBody(
            RequestBody.Text(body, "id"),
            kind,
            body.TryGetProperty("input", out JsonElement input) ? JsonMarshal.GetRawUtf8Value(input).ToArray() : "{}"u8.ToArray(),
            body.TryGetProperty("options", out JsonElement options) && options.ValueKind != JsonValueKind.Null
                ? OptionsOf(options)
                : new JobOptions()
        );
    }

    private static JobOptions OptionsOf(JsonElement options)
    {
        KindInput<JobOptions> reading = KindInput.Read<JobOptions>(JsonMarshal.GetRawUtf8Value(options).ToArray());
        return reading.Problems.Count == 0 ? reading.Value! : throw Problems.Wrong(reading.Problems, unnamed: "options");
    }
}
