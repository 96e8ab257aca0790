using OrleansWork.Engine.Cluster;

namespace OrleansWork.Silo.Watching;

/// <summary>Takes a sample of the cluster's load from what this silo knows of all: nobody is asked for it.</summary>
internal sealed class LoadSampler(LoadTable table, LoadSamples samples, TimeProvider time) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(LoadSamples.StepSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Sample();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private void Sample()
    {
        double unitsPerSecond = 0;
        int busy = 0;
        int slots = 0;
        foreach (SiloView view in table.Snapshot())
        {
            if (view.State == SiloViewState.Dead || (view.Heard ?? view.Load) is not { } load)
                continue;
            unitsPerSecond += load.UnitsPerSecond;
            busy += Math.Min(load.Compute.Running, load.Compute.Slots);
            slots += view.State == SiloViewState.Active ? load.Compute.Slots : 0;
        }

        samples.Add(unitsPerSecond, busy, slots);
    }
}
