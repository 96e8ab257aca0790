namespace OrleansWork.Engine.Tests.Support;

/// <summary>Waits as units do that mind nothing.</summary>
internal static class Stubborn
{
    /// <summary>Waits once; an interruption ends that, and nothing else.</summary>
    public static void Wait(Action wait)
    {
        try
        {
            wait();
        }
        catch (ThreadInterruptedException)
        {
            // As a token is ignored.
        }
    }
}
