using System.Net.Mime;
using OrleansWork.Http;
using OrleansWork.Silo.Reporting;

namespace OrleansWork.Silo.Api;

/// <summary>Sends a report as a file to be saved: a browser that is led to its address does not show it.</summary>
internal sealed class ReportResult : IResult
{
    private readonly string _mediaType;
    private readonly string _name;
    private readonly Func<HttpContext, Task> _write;

    private ReportResult(string mediaType, string name, Func<HttpContext, Task> write) =>
        (_mediaType, _name, _write) = (mediaType, name, write);

    /// <summary>Opens the report of a job.</summary>
    /// <exception cref="RequestException">There is no such job, or the cluster does not answer.</exception>
    public static async Task<IResult> OpenAsync(
        GrainJobHandle job,
        ReportFormat format,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (format == ReportFormat.Html)
        {
            JobReport report = await JobReport.ReadAsync(job, now, cancellationToken);
            return new ReportResult(
                $"{MediaTypeNames.Text.Html}; charset=utf-8",
                $"{job.Id}.html",
                context => report.WriteAsync(context.Response.BodyWriter, context.RequestAborted)
            );
        }

        JobStatus status = await job.GetStatusAsync(cancellationToken);
        JobLeases first = await LeasePages.FirstAsync(job, cancellationToken);
        return new ReportResult(
            MediaTypeNames.Application.Json,
            $"{job.Id}.perfetto.json",
            context =>
                PerfettoTrace.WriteAsync(
                    status,
                    first,
                    LeasePages.AfterAsync(job, first, context.RequestAborted),
                    context.Response.BodyWriter,
                    context.RequestAborted
                )
        );
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = _mediaType;
        httpContext.Response.Headers.ContentDisposition = $"attachment; filename=\"orleanswork-{_name}\"";
        return _write(httpContext);
    }
}
