using OrleansWork.Engine.Execution;

namespace OrleansWork.Silo.Hosting;

/// <summary>Empties a silo that its supervisor is about to stop: however long a unit runs, it is the supervisor who loses patience.</summary>
internal static class PlannedDrain
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes no new leases, waits until none is held any more, and says <c>drained</c> to the supervisor.</summary>
    public static async Task RunAsync(ComputePool pool, SupervisorChannel supervisor, CancellationToken stopping)
    {
        pool.Drain();
        using PeriodicTimer timer = new(PollPeriod);
        try
        {
            while (pool.HeldTotal() > 0)
                await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        supervisor.Say("drained");
    }
}
