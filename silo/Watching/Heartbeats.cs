using OrleansWork.Http;

namespace OrleansWork.Silo.Watching;

/// <summary>How viewers wait for what they watch.</summary>
internal static class Heartbeats
{
    /// <summary>Waits for a change, until it is time for a heartbeat.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> ChangesAsync(this Task change, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(HttpApi.Heartbeat, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
