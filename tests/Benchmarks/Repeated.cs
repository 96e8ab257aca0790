namespace OrleansWork.Benchmarks;

/// <summary>Measurements that are made again before they count as missed: what is missed once may be the machine's doing.</summary>
internal static class Repeated
{
    /// <summary>Returns the middle figure; of an even number the larger one of the two in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    /// <summary>Measures, and again while the limit is missed.</summary>
    /// <param name="times">How often again at most.</param>
    /// <param name="measure">Measures once.</param>
    /// <param name="isKept">Says whether the limit is kept.</param>
    /// <param name="describe">Says what was measured, for the line that tells of another measurement.</param>
    /// <returns>The first figure that keeps the limit, or the last.</returns>
    public static async Task<T> MeasureAsync<T>(int times, Func<Task<T>> measure, Func<T, bool> isKept, Func<T, string> describe)
    {
        T figure = await measure();
        for (int again = 0; again < times && !isKept(figure); again++)
        {
            Console.WriteLine($"{describe(figure)}, missing the limit: measured again");
            figure = await measure();
        }

        return figure;
    }
}
