using System.Globalization;

namespace OrleansWork.SystemTests.Processes;

/// <summary>The most memory that processes had resident since the watch began, as the kernel counts it.</summary>
internal sealed class MemoryWatch
{
    public const long MegaByte = 1 << 20;

    private readonly Dictionary<string, (int Pid, long Bytes)> _peaks = [];

    /// <summary>Begins to watch a process anew.</summary>
    public void Add(string name, int pid)
    {
        // 5 sets the high-water mark to what is resident now.
        File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/clear_refs"), "5");
        _peaks[name] = (pid, 0);
    }

    /// <summary>Returns the peak of a process in bytes; of one that has ended, as it was at the last look.</summary>
    public long PeakOf(string name)
    {
        Look();
        return _peaks[name].Bytes;
    }

    /// <summary>Looks at every process: one that ends takes its mark with it.</summary>
    public void Look()
    {
        foreach ((string name, (int pid, long before)) in _peaks.ToArray())
            _peaks[name] = (pid, Math.Max(before, PeakOf(pid)));
    }

    public override string ToString()
    {
        Look();
        return string.Join(", ", _peaks.Select(peak => $"{peak.Key} {peak.Value.Bytes / MegaByte} MB"));
    }

    /// <summary>Returns the high-water mark of a process in bytes; 0 when it has ended.</summary>
    public static long PeakOf(int pid)
    {
        try
        {
            string? line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
