using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Console.Connection;
using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.Connection;

/// <summary>A local cluster that is stopped while something waits for it.</summary>
public sealed class ClusterWatchTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ow-watch-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    public static TheoryData<string> Endings => ["stopped", "wiped", "being stopped", "another", "supervisor"];

    [Theory]
    [MemberData(nameof(Endings))]
    public void Watch_ClusterThatEnds_SaysHow(string how)
    {
        Process? supervisor = how == "supervisor" ? Process.Start("sleep", ["100"]) : null;
        Write(supervisor);
        using ClusterWatch watch = Watch();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(watch.Stopped.IsCancellationRequested);

        End(how, supervisor);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(watch.Stopped.IsCancellationRequested);
        Assert.Contains(how == "wiped" ? "was stopped" : how, watch.Why, StringComparison.Ordinal);
        Assert.Equal(how != "wiped", watch.Why.Contains($"orleanswork up --data {_directory}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("run", "pi")]
    [InlineData("run", "pi", "--json")]
    [InlineData("run", "exec", "--command", "echo", "--items", "a")]
    [InlineData("watch", "j1")]
    [InlineData("watch", "j1", "--json")]
    [InlineData("logs", "j1", "--follow")]
    public async Task Follow_ClusterThatIsStopped_EndsAtOnceWith3(params string[] arguments)
    {
        Write();
        foreach (bool terminal in (bool[])[false, true])
        {
            Write();
            using ConsoleRun run = new(terminal);
            run.Cluster.Watch = Watch();
            run.Cluster.OnSubmit = job => job.Results = job.NeverAsync<UnitResult>();
            FakeJob followed = run.Cluster.Add("j1");
            followed.FollowedLog = followed.NeverAsync<UnitLogLine>;
            Task<int> running = run.RunAsync(arguments);
            Assert.False(running.IsCompleted);
            File.Delete(Path.Combine(_directory, ClusterDescription.FileName));
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(3, await running.WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains($"error: The cluster in {_directory} was stopped.", run.Error, StringComparison.Ordinal);
        }
    }

    private DirectoryWatch Watch() => new(_directory, _time);

    private void Write(Process? supervisor = null, string id = "c1", string? state = null)
    {
        using Process self = Process.GetCurrentProcess();
        Process process = supervisor ?? self;
        ClusterProcess described = new(ClusterProcess.SupervisorRole, process.Id, null, null, null, null, ProcessIdentity.StartOf(process))
        {
            State = state,
        };
        new ClusterDescription(id, "s", "127.0.0.1:1", [described]).Write(_directory);
    }

    private void End(string how, Process? supervisor)
    {
        switch (how)
        {
            case "being stopped":
                Write(state: ClusterProcess.Stopping);
                break;
            case "another":
                Write(id: "c2");
                break;
            case "supervisor":
                supervisor!.Kill();
                supervisor.WaitForExit();
                supervisor.Dispose();
                break;
            case "wiped":
                Directory.Delete(_directory, recursive: true);
                break;
            default:
                File.Delete(Path.Combine(_directory, ClusterDescription.FileName));
                break;
        }
    }
}
