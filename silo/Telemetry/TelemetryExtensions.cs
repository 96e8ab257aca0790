using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrleansWork.Silo.Telemetry;

/// <summary>Metrics for Prometheus always; metrics and traces by OTLP when its standard variable names a receiver.</summary>
internal static class TelemetryExtensions
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Adds the meters and, with a receiver, the exporters and traces.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        bool otlp = !string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpoint]);
        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry();

        // A service name in code would override the standard variable.
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_SERVICE_NAME"]))
            telemetry.ConfigureResource(r => r.AddService("orleanswork-silo"));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter("OrleansWork", "Microsoft.Orleans").AddRuntimeInstrumentation().AddPrometheusExporter();
            if (!otlp)
                return;
            // Of those that belong to a trace that somebody keeps; by /metrics, too, where OpenMetrics is asked for.
            metrics.SetExemplarFilter(ExemplarFilterType.TraceBased).AddOtlpExporter();
        });
        if (!otlp)
            return;

        // Without Orleans' propagation, which filters every grain call: submissions and leases carry their trace themselves.
        telemetry.WithTracing(traces => traces.AddSource("OrleansWork").AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
