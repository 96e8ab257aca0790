using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>One execution of a unit of <see cref="RecordedWork"/>, as the process that ran it wrote it down.</summary>
internal sealed record UnitRun(int Pid, long Unit, int Attempt, DateTimeOffset Begun)
{
    /// <summary>Gets when it was done; null when it never was, or failed.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Gets when it failed; null when it never did, or its process ended first.</summary>
    public DateTimeOffset? Failed { get; private set; }

    /// <summary>Reads all executions that a job's folder has, in the order of their beginning.</summary>
    public static IReadOnlyList<UnitRun> Read(string folder)
    {
        List<UnitRun> all = [];
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            int pid = int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture);
            Dictionary<(long, int), UnitRun> open = [];
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(stream);
            while (reader.ReadLine() is { } line)
            {
                string[] words = line.Split(' ');
                if (words.Length != 4 || words[3].Length == 0)
                    continue;
                DateTimeOffset time = new(long.Parse(words[1], CultureInfo.InvariantCulture), TimeSpan.Zero);
                long unit = long.Parse(words[2], CultureInfo.InvariantCulture);
                int attempt = int.Parse(words[3], CultureInfo.InvariantCulture);
                if (words[0] == "B")
                    all.Add(open[(unit, attempt)] = new UnitRun(pid, unit, attempt, time));
                else if (open.Remove((unit, attempt), out UnitRun? begun))
                    (begun.Ended, begun.Failed) = words[0] == "E" ? ((DateTimeOffset?)time, (DateTimeOffset?)null) : (null, time);
            }
        }

        return [.. all.OrderBy(e => e.Begun)];
    }
}
