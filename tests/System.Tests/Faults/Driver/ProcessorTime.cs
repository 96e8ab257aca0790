using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>The machine's processor time since the start, all processors together, in clock ticks.</summary>
internal readonly record struct ProcessorTime(long Total, long Idle)
{
    public static ProcessorTime Now()
    {
        // cpu user nice system idle iowait …
        long[] ticks =
        [
            .. File.ReadLines("/proc/stat")
                .First()
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(t => long.Parse(t, CultureInfo.InvariantCulture)),
        ];
        return new ProcessorTime(ticks.Take(8).Sum(), ticks[3]);
    }

    /// <summary>Returns the share of processor time that nothing used since an earlier moment, 0 to 1.</summary>
    public double IdleSince(ProcessorTime earlier) => (double)(Idle - earlier.Idle) / Math.Max(1, Total - earlier.Total);
}
