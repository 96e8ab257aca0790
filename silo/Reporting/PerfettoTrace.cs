using System.Globalization;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansWork.Silo.Reporting;

/// <summary>The leases of a job in the trace format of Chrome, which ui.perfetto.dev opens: a process a silo, a thread a slot, an event a lease.</summary>
internal static class PerfettoTrace
{
    /// <summary>Writes it page by page, so that no more than one is held.</summary>
    /// <param name="job">The job.</param>
    /// <param name="first">The first page.</param>
    /// <param name="rest">The pages after it.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task WriteAsync(
        JobStatus job,
        JobLeases first,
        IAsyncEnumerable<JobLeases> rest,
        PipeWriter output,
        CancellationToken cancellationToken
    )
    {
        await using Utf8JsonWriter writer = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default });
        writer.WriteStartObject();
        writer.WriteString("displayTimeUnit", "ms");
        writer.WriteStartObject("otherData");
        writer.WriteString("job", job.Id);
        writer.WriteString("kind", job.Kind);
        writer.WriteString("base", first.Base);
        writer.WriteNumber("leases", first.Granted);
        writer.WriteEndObject();
        writer.WriteStartArray("traceEvents");
        WriteNames(writer, first.Silos);
        foreach (JobMark mark in first.Marks)
            WriteMark(writer, mark, first);
        WriteLeases(writer, first, first);
        await FlushAsync(writer, output, cancellationToken);
        await foreach (JobLeases page in rest)
        {
            WriteLeases(writer, page, first);
            await FlushAsync(writer, output, cancellationToken);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        await FlushAsync(writer, output, cancellationToken);
    }

    private static async Task FlushAsync(Utf8JsonWriter writer, PipeWriter output, CancellationToken cancellationToken)
    {
        await writer.FlushAsync(cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private static void WriteNames(Utf8JsonWriter writer, IReadOnlyList<StreamSilo> silos)
    {
        for (int silo = 0; silo < silos.Count; silo++)
        {
            WriteName(writer, "process_name", silo, slot: -1, silos[silo].Silo);
            for (int slot = 0; slot < silos[silo].Slots; slot++)
                WriteName(writer, "thread_name", silo, slot, string.Create(CultureInfo.InvariantCulture, $"slot {slot}"));
        }
    }

    private static void WriteName(Utf8JsonWriter writer, string what, int silo, int slot, string name)
    {
        WriteHead(writer, what, "M", silo, slot);
        writer.WriteStartObject("args");
        writer.WriteString("name", name);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteMark(Utf8JsonWriter writer, JobMark mark, JobLeases leases)
    {
        int silo = mark.Silo is null ? -1 : leases.Silos.ToList().FindIndex(known => known.Silo == mark.Silo);
        WriteHead(writer, mark.Kind, "i", silo, slot: -1);
        writer.WriteString("s", silo < 0 ? "g" : "p");
        writer.WriteNumber("ts", Microseconds((mark.At - leases.Base).TotalMilliseconds));
        writer.WriteStartObject("args");
        if (mark.Text is not null)
            writer.WriteString("text", mark.Text);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteLeases(Utf8JsonWriter writer, JobLeases page, JobLeases first)
    {
        LeaseColumns columns = page.Columns;
        double now = (first.Now - page.Base).TotalMilliseconds;
        for (int i = 0; i < columns.Number.Count; i++)
        {
            if (columns.StartedMs[i] is not { } started || columns.Silo[i] < 0)
                continue;
            double ended = Math.Max(columns.EndedMs[i] ?? now, started);
            string outcome = JsonNamingPolicy.KebabCaseLower.ConvertName(columns.Outcome[i].ToString());
            WriteHead(
                writer,
                string.Create(CultureInfo.InvariantCulture, $"lease {columns.Number[i]}"),
                "X",
                columns.Silo[i],
                columns.Slot[i]
            );
            writer.WriteString("cat", outcome);
            writer.WriteNumber("ts", Microseconds(started));
            writer.WriteNumber("dur", Microseconds(ended) - Microseconds(started));
            writer.WriteStartObject("args");
            writer.WriteNumber("unitFrom", columns.UnitFrom[i]);
            writer.WriteNumber("unitCount", columns.UnitCount[i]);
            writer.WriteNumber("attempt", columns.Attempt[i]);
            writer.WriteNumber("epoch", columns.Epoch[i]);
            writer.WriteString("outcome", outcome);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }

    /// <summary>Begins an event; processes and threads are numbered from 1, and what has no slot, or belongs to no silo, is in 0.</summary>
    private static void WriteHead(Utf8JsonWriter writer, string name, string phase, int silo, int slot)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("ph", phase);
        writer.WriteNumber("pid", silo + 1);
        writer.WriteNumber("tid", slot + 1);
    }

    private static long Microseconds(double ms) => (long)Math.Round(ms * 1_000);
}
