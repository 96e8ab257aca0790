using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Engine.Telemetry;
using Xunit;

namespace OrleansWork.Engine.Tests.Telemetry;

public sealed class JobStateCountTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);
    private readonly CoordinatorInstruments _instruments;

    public JobStateCountTests()
    {
        IMeterFactory meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, asked) =>
        {
            if (instrument.Meter.Scope == meters)
                asked.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) =>
            {
                string name = $"{instrument.Name} {tags[1].Value}";
                _read[name] = _read.GetValueOrDefault(name) + value;
            }
        );
        _listener.Start();
        _instruments = new CoordinatorInstruments(meters);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Life_OfAJob_CountsEachStateOnceAndLeavesNoneActive()
    {
        JobStateCount count = new(_instruments);
        count.Became("sum", JobState.Queued);
        count.Became("sum", JobState.Running);
        count.Became("sum", JobState.Running);
        Assert.Equal(("1", "0"), (Of("orleanswork.jobs.active running"), Of("orleanswork.jobs.active queued")));
        count.Became("sum", JobState.Paused);
        count.Became("sum", JobState.Running);
        count.Became("sum", JobState.Succeeded);
        Assert.Equal(("2", "1", "1"), (Of("orleanswork.jobs running"), Of("orleanswork.jobs paused"), Of("orleanswork.jobs succeeded")));
        Assert.All(
            _read.Where(read => read.Key.StartsWith("orleanswork.jobs.active", StringComparison.Ordinal)),
            read => Assert.Equal(0, read.Value)
        );
    }

    [Fact]
    public void Coordinator_ThatTakesAJobOver_CountsItAsActiveAndNotAgain()
    {
        JobStateCount before = new(_instruments);
        before.Became("sum", JobState.Queued);
        before.Became("sum", JobState.Running);
        before.Leave();
        JobStateCount after = new(_instruments);
        after.Read("sum", JobState.Running);
        after.Became("sum", JobState.Running);
        Assert.Equal(("1", "1"), (Of("orleanswork.jobs running"), Of("orleanswork.jobs.active running")));
        after.Leave();
        Assert.Equal("0", Of("orleanswork.jobs.active running"));
    }

    private string Of(string name) => $"{_read.GetValueOrDefault(name)}";
}
