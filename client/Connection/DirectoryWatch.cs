using System.Diagnostics;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Connection;

/// <summary>Watches a local cluster by the file that its supervisor keeps true, and by the supervisor itself.</summary>
internal sealed class DirectoryWatch : ClusterWatch
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly string _directory;
    private readonly string? _clusterId;

    private readonly ITimer _timer;

    public DirectoryWatch(string directory, TimeProvider time)
    {
        _directory = directory;
        ClusterDescription? cluster = ClusterDescription.Read(directory);
        _clusterId = cluster?.ClusterId;
        Supervisor = Runs(cluster?.Supervisor) ? cluster?.Supervisor?.Pid : null;
        _timer = time.CreateTimer(_ => Look(), null, Period, Period);
    }

    /// <summary>Gets the process id of the supervisor, which ran when the watch began.</summary>
    /// <value>Null when it was not seen: who is in another container, for one, cannot be missed.</value>
    public int? Supervisor { get; }

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
        return Supervisor is not null && !Runs(cluster.Supervisor)
            ? $"The cluster in {_directory} has lost its supervisor (pid {cluster.Supervisor?.Pid}) and ends."
            : null;
    }

    private static bool Runs(ClusterProcess? described)
    {
        using Process? process = described is null ? null : ProcessIdentity.Open(described);
        return process is not null;
    }
}
