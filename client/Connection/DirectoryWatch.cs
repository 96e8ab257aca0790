using System.Diagnostics;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Connection;

/// <summary>Watches a local cluster by the file that its supervisor keeps true, and by the supervisor itself.</summary>
internal sealed class DirectoryWatch : ClusterWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly string _directory;
    private readonly string? _clusterId;

    // Whose processes are not seen from here, as from another container, cannot be missed.
    private readonly bool _seesSupervisor;
    private readonly ITimer _timer;

    public DirectoryWatch(string directory, TimeProvider time)
    {
        _directory = directory;
        ClusterDescription? cluster = ClusterDescription.Read(directory);
        _clusterId = cluster?.ClusterId;
        _seesSupervisor = Runs(cluster?.Supervisor);
        _timer = time.CreateTimer(_ => Look(), null, Period, Period);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _timer.Dispose();
        base.Dispose(disposing);
    }

    private void Look()
    {
        if (Ended() is not { } why)
            return;
        End(
            Directory.Exists(_directory)
                ? $"{why} Jobs that had not ended are kept there and go on when it is started again: orleanswork up --data {_directory}"
                : why
        );
    }

    private string? Ended()
    {
        ClusterDescription? cluster = ClusterDescription.Read(_directory);
        if (cluster is null)
            return File.Exists(Path.Combine(_directory, ClusterDescription.FileName)) ? null : $"The cluster in {_directory} was stopped.";
        if (!string.Equals(cluster.ClusterId, _clusterId, StringComparison.Ordinal))
            return $"The cluster in {_directory} was stopped, and another one runs there.";
        if (cluster.Supervisor?.State == ClusterProcess.Stopping)
            return $"The cluster in {_directory} is being stopped.";
        return _seesSupervisor && !Runs(cluster.Supervisor)
            ? $"The cluster in {_directory} has lost its supervisor (pid {cluster.Supervisor?.Pid}) and ends."
            : null;
    }

    private static bool Runs(ClusterProcess? described)
    {
        using Process? process = described is null ? null : ProcessIdentity.Open(described);
        return process is not null;
    }
}
