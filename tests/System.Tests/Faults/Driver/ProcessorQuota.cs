using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Leaves a process only a share of one processor, by a control group of its own, until disposed.</summary>
internal sealed class ProcessorQuota : IDisposable
{
    private const int PeriodMicros = 100_000;
    private const string Groups = "/sys/fs/cgroup";
    private readonly string _root;
    private readonly string _group;
    private readonly int _pid;

    private ProcessorQuota(string root, int pid)
    {
        _root = root;
        _group = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"ow-fault-{pid}"));
        _pid = pid;
    }

    /// <summary>Limits a process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="share">How much of one processor it gets, 0.01 to 1.</param>
    /// <exception cref="FaultSkippedException">This machine does not let control groups be made.</exception>
    public static ProcessorQuota Of(int pid, double share)
    {
        string quota = ((int)(share * PeriodMicros)).ToString(CultureInfo.InvariantCulture);
        bool hasOwnHierarchy = File.Exists(Path.Combine(Groups, "cpu", "cpu.cfs_quota_us"));
        ProcessorQuota limit = new(hasOwnHierarchy ? Path.Combine(Groups, "cpu") : Groups, pid);
        try
        {
            Directory.CreateDirectory(limit._group);
            if (hasOwnHierarchy)
                File.WriteAllText(Path.Combine(limit._group, "cpu.cfs_quota_us"), quota);
            else
                File.WriteAllText(Path.Combine(limit._group, "cpu.max"), $"{quota} {PeriodMicros.ToString(CultureInfo.InvariantCulture)}");
            limit.Move(limit._group);
            return limit;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            limit.Dispose();
            throw new FaultSkippedException($"no control group can be made in {limit._root}: {exception.Message}");
        }
    }

    public void Dispose()
    {
        try
        {
            Move(_root);
            Directory.Delete(_group);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or the group was never made; an empty one is left at worst.
        }
    }

    private void Move(string group) => File.WriteAllText(Path.Combine(group, "cgroup.procs"), _pid.ToString(CultureInfo.InvariantCulture));
}
