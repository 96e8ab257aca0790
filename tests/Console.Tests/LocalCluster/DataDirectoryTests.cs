using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Mode700 = Mode600 | UnixFileMode.UserExecute;
    private const UnixFileMode Mode755 =
        Mode700 | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-data-").FullName;

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

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

    [Fact]
    public void Take_FolderThatOthersCouldOpen_IsTheUsersAloneAndSaysSo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder, Mode755);
        using (DataDirectory taken = DataDirectory.Take(_folder))
            Assert.Equal("755", taken.WiderMode);
        RequireMode(Mode700, _folder);
        using DataDirectory again = DataDirectory.Take(_folder);
        Assert.Null(again.WiderMode);
    }

    [Fact]
    public void Take_FolderThatIsShared_IsRefusedAndLeftAsItIs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        const UnixFileMode Mode1777 = (UnixFileMode)0x3FF;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder, Mode1777);
        foreach (string path in (string[])[_folder, "/"])
        {
            LocalClusterException refused = Assert.Throws<LocalClusterException>(() => DataDirectory.Take(path));
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("other users share it", refused.Message, StringComparison.Ordinal);
        }

        RequireMode(Mode1777, _folder);
    }

    [Fact]
    public void Wipe_RemovesAllOfTheStoreAndNothingElse()
    {
        foreach (
            string name in (string[])
                [
                    "store/AOF/aof.log.0",
                    "store.seal",
                    "store.seal.next",
                    "store.mark",
                    "store.mark.next",
                    "store.password",
                    "store.rest/AOF/aof.log.0",
                    "store.damaged-20260102T030405Z/AOF/aof.log.0",
                    "store.seal.damaged-20260102T030405Z",
                    "logs/store.log",
                    "cluster.json",
                    "supervisor.lock",
                    "storefront.txt",
                ]
        )
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
            File.WriteAllText(Path.Combine(_folder, name), "");
        }

        DataDirectory.Wipe(_folder);
        Assert.Equal([Path.Combine(_folder, "storefront.txt")], Directory.GetFileSystemEntries(_folder));
        File.Delete(Path.Combine(_folder, "storefront.txt"));
        DataDirectory.Wipe(_folder);
        Assert.False(Directory.Exists(_folder));
    }

    [Fact]
    public void Description_WithThePassword_IsTheUsersAlone()
    {
        ClusterDescription description = new("local-1", "orleanswork", "127.0.0.1:7001,password=hidden", []);
        File.WriteAllText(Path.Combine(_folder, "cluster.json"), "of an earlier version, with a wider mode");
        description.Write(_folder);
        RequireMode(Mode600, Path.Combine(_folder, "cluster.json"));
        Assert.Equal("127.0.0.1:7001", ClusterDescription.Read(_folder)!.StoreAddress);
        Assert.Equal(description.Redis, ClusterDescription.Read(_folder)!.Redis);
    }

    private static void RequireMode(UnixFileMode mode, string path)
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(mode, File.GetUnixFileMode(path));
    }
}
