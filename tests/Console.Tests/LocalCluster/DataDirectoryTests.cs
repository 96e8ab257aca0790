using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("file", "it is a file")]
    [InlineData("file/below", "file is a file")]
    [InlineData("file/far/below", "file is a file")]
    [InlineData("far/supervisor.lock", "you may not write there")]
    public void Take_PathThatCannotBeOne_SaysWhyInALine(string path, string why)
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "far", "supervisor.lock", "supervisor.lock"));
        AssertRefused(Path.Combine(_folder, path), why);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(5_000)]
    public void Take_PathThatIsTooLong_SaysSoInAShortLine(int length) =>
        AssertRefused(Path.Combine(_folder, new string('x', length)), "its path is too long");

    [Fact]
    public void Take_Twice_IsRefusedWithWhatToDo()
    {
        using DataDirectory first = DataDirectory.Take(_folder);
        first.RequireSpace();
        Assert.Equal(0, new FileInfo(Path.Combine(_folder, "supervisor.lock")).Length);
        Assert.True(DataDirectory.IsTaken(_folder));
        Assert.True(DataDirectory.MayUse(_folder));
        LocalClusterException refusal = Assert.Throws<LocalClusterException>(() => DataDirectory.Take(_folder));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains("orleanswork down --data", refusal.Message, StringComparison.Ordinal);
        first.Dispose();
        Assert.False(DataDirectory.IsTaken(_folder));
        DataDirectory.Take(_folder).Dispose();
    }

    [Fact]
    public void MayUse_NothingThere_IsNoSecret() => Assert.True(DataDirectory.MayUse(Path.Combine(_folder, "nothing")));

    private static void AssertRefused(string path, string why)
    {
        LocalClusterException refusal = Assert.Throws<LocalClusterException>(() => DataDirectory.Take(path));
        Assert.Equal(2, refusal.ExitCode);
        Assert.StartsWith("--data: the data folder ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.InRange(refusal.Message.Length, 0, 500);
    }
}
