using System.Diagnostics;
using OrleansWork.Console.LocalCluster;

namespace OrleansWork.Console.Connection;

/// <summary>Notices that a local cluster is stopped, which no call to it would say: it would be repeated until its time is over.</summary>
internal sealed class ClusterWatch : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stopped = new();
    private readonly string _directory;
    private readonly string? _clusterId;

    // Whose processes are not seen from here, as from another container, cannot be missed.
    private readonly bool _seesSupervisor;
    private readonly ITimer _timer;

    private ClusterWatch(string directory, TimeProvider time)
    {
        _directory = directory;
        ClusterDescription? cluster = ClusterDescription.Read(directory);
        _clusterId = cluster?.ClusterId;
        _seesSupervisor = Runs(cluster?.Supervisor);
        _timer = time.CreateTimer(_ => Look(), null, Period, Period);
    }

    /// <summary>Gets a token that is cancelled when the cluster is stopped.</summary>
    public CancellationToken Stopped => _stopped.Token;

    /// <summary>Gets what became of it, once it is stopped.</summary>
    public string Why { get; private set; } = "";

    /// <summary>Watches the cluster of some settings.</summary>
    /// <returns>Null for a cluster that is not one of this machine.</returns>
    public static ClusterWatch? Of(ConnectionSettings settings, TimeProvider time) =>
        settings.Directory is { } directory ? new ClusterWatch(directory, time) : null;

    public void Dispose()
    {
        _timer.Dispose();
        _stopped.Dispose();
    }

    private void Look()
    {
        if (Why.Length > 0 || Ended() is not { } why)
            return;
        Why = Directory.Exists(_directory)
            ? $"{why} Jobs that had not ended are kept there and go on when it is started again: orleanswork up --data {_directory}"
            : why;
        try
        {
            _stopped.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
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
