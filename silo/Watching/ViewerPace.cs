namespace OrleansWork.Silo.Watching;

/// <summary>How often viewers of a job are told what is new: less often the more they are, so that all of them together cost a silo a twentieth of a slot.</summary>
internal static class ViewerPace
{
    private const double Few = 25;
    private const double Slowest = 4;
    private static readonly TimeSpan s_usual = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns the time from one telling to the next: 250 ms for up to 25 viewers, a second from 100 on.</summary>
    public static TimeSpan Of(int viewers) => s_usual * Math.Clamp(viewers / Few, 1, Slowest);
}
