using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansWork.Silo.Reporting;

/// <summary>The report of a job as one HTML file, complete in itself.</summary>
internal sealed class JobReport
{
    /// <summary>How many leases it has at most: the newest.</summary>
    public const int MostLeases = 50_000;

    /// <summary>How large its data are at most, in bytes, so that it stays below 10 MB with the page.</summary>
    public const int MostBytes = 9_000_000;

    private const int MostFailures = 500;
    private const int MostLines = 200;
    private const int LongestText = 2_000;
    private const int LongestValue = 64 * 1024;

    /// <summary>Escapes what could end the element that holds it.</summary>
    private static readonly JsonSerializerOptions s_json = new(OrleansWorkJson.Documents) { Encoder = JavaScriptEncoder.Default };

    private readonly JobDetails _job;
    private readonly byte[] _data;

    private JobReport(JobDetails job, byte[] data) => (_job, _data) = (job, data);

    /// <summary>Reads what is known of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RequestException">There is no such job, or the cluster does not answer.</exception>
    public static async Task<JobReport> ReadAsync(JobHandle job, DateTimeOffset now, CancellationToken cancellationToken)
    {
        JobDetails details = await job.GetDetailsAsync(cancellationToken);
        List<UnitLogLine> lines = [];
        await foreach (UnitLogLine line in job.LogAsync(cancellationToken: cancellationToken))
            lines.Add(line);
        List<string> cuts = [];
        string input = details.Input.GetRawText();
        string? result = details.Result?.GetRawText();
        UnitFailure[] failures = [.. details.Failures.Take(MostFailures).Select(Bounded)];
        if (input.Length > LongestValue)
            cuts.Add($"the input from its character {LongestValue} on, of {input.Length}");
        if (result?.Length > LongestValue)
            cuts.Add($"the result from its character {LongestValue} on, of {result.Length}");
        if (failures.Length < details.Failures.Count)
            cuts.Add($"{details.Failures.Count - failures.Length} of {details.Failures.Count} failed units");
        using MemoryStream rest = new();
        await using (Utf8JsonWriter writer = new(rest, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default }))
        {
            writer.WriteStartObject();
            writer.WriteString("writtenAt", now);
            writer.WriteString("version", ReportPage.Version);
            writer.WriteString("sign", ReportPage.OfSilo.Sign);
            writer.WritePropertyName("job");
            JsonSerializer.Serialize(
                writer,
                details with
                {
                    Input = JsonElement.Parse("null"),
                    Result = null,
                    Failures = failures,
                },
                s_json
            );
            writer.WritePropertyName("input");
            JsonSerializer.Serialize(writer, input.Length > LongestValue ? JsonElement.Parse("null") : details.Input, s_json);
            writer.WriteString("inputText", input.Length > LongestValue ? Cut(input, LongestValue) : null);
            writer.WriteString("resultText", result is null ? null : Cut(result, LongestValue));
            writer.WritePropertyName("log");
            JsonSerializer.Serialize(
                writer,
                new Page<UnitLogLine>(
                    [
                        .. lines
                            .AsEnumerable()
                            .Reverse()
                            .Take(MostLines)
                            .Select(static line => line with { Text = Cut(line.Text, LongestText) }),
                    ],
                    NextCursor: null
                )
                {
                    Total = lines.Count,
                },
                s_json
            );
            writer.WritePropertyName("leases");
            await WriteLeasesAsync(job, writer, rest, cuts, cancellationToken);
            writer.WritePropertyName("cuts");
            JsonSerializer.Serialize(writer, cuts, s_json);
            writer.WriteEndObject();
        }

        return new JobReport(details, rest.ToArray());
    }

    /// <summary>Writes the file.</summary>
    public async Task WriteAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        ReportPage page = ReportPage.OfSilo;
        await output.WriteAsync(Encoding.UTF8.GetBytes(page.Before($"{_job.Kind} {_job.Id} · OrleansWork")), cancellationToken);
        await output.WriteAsync(_data, cancellationToken);
        await output.WriteAsync(Encoding.UTF8.GetBytes(page.After()), cancellationToken);
    }

    /// <summary>Writes leases in pages, the newest first, until there is no room.</summary>
    private static async Task WriteLeasesAsync(
        JobHandle job,
        Utf8JsonWriter writer,
        MemoryStream written,
        List<string> cuts,
        CancellationToken cancellationToken
    )
    {
        writer.WriteStartArray();
        int count = 0;
        string? cursor = null;
        do
        {
            JobLeases page = await LeasePages.ReadAsync(job, cursor, Math.Min(LeasePages.Size, MostLeases - count), cancellationToken);
            byte[] document = JsonSerializer.SerializeToUtf8Bytes(page, s_json);
            await writer.FlushAsync(cancellationToken);
            if (written.Length + document.Length > MostBytes)
            {
                cuts.Add("the oldest leases, for which the file has no room");
                break;
            }

            writer.WriteRawValue(document, skipInputValidation: true);
            count += page.Columns.Number.Count;
            cursor = page.NextCursor;
            if (cursor is not null && count >= MostLeases)
            {
                cuts.Add($"leases before the newest {count}");
                break;
            }
        } while (cursor is not null);
        writer.WriteEndArray();
    }

    private static UnitFailure Bounded(UnitFailure failure) => failure with { Message = Cut(failure.Message, LongestText) };

    private static string Cut(string text, int most) => BoundedText.Cut(text, most);
}
