using System.Diagnostics;
using OrleansWork.Store.Files;
using Xunit;

namespace OrleansWork.Store.Tests.Files;

public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Mode700 = Mode600 | UnixFileMode.UserExecute;
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-private-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Replace_NewAndOldFile_HasTheContentAndIsTheOwnersAlone()
    {
        string path = Path.Combine(_folder, "file");
        PrivateFiles.Replace(path, "one"u8, durable: true);
        Assert.Equal("one", File.ReadAllText(path));
        RequireMode(Mode600, path);

        // One that an earlier version wrote, and one that a crash left behind.
        Widen(path);
        File.WriteAllText(path + ".next", "half of some");
        Widen(path + ".next");
        PrivateFiles.Replace(path, "two"u8, durable: false);
        Assert.Equal("two", File.ReadAllText(path));
        RequireMode(Mode600, path);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void TakeFolder_NewOne_IsTheOwnersAlone()
    {
        string path = Path.Combine(_folder, "new", "folder");
        Assert.Null(PrivateFiles.TakeFolder(path));
        RequireMode(Mode700, path);
    }

    [Fact]
    public void TakeFolder_WiderOne_IsNarrowedAndSaid()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Widen(_folder);
        string link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, _folder);
        Assert.Equal("755", PrivateFiles.TakeFolder(link));
        RequireMode(Mode700, _folder);
        Assert.Null(PrivateFiles.TakeFolder(_folder));
    }

    [Fact]
    public async Task TakeFolder_OfSomebodyElse_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Needs Linux, and root to give a folder away.");
        using (Process chown = Process.Start("chown", ["nobody", _folder]))
            await chown.WaitForExitAsync();
        ForeignFolderException refused = Assert.Throws<ForeignFolderException>(() => PrivateFiles.TakeFolder(_folder));
        Assert.Contains("belongs to another user", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TakePassword_IsMadeOnceAfterTheSeal()
    {
        StoreFolder store = new(_folder);
        string password = store.TakePassword();
        Assert.Matches("^[0-9a-f]{64}$", password);
        Assert.Equal(password, store.TakePassword());
        RequireMode(Mode600, store.PasswordFile);
        RequireMode(Mode600, store.Seal);

        // A seal that is lost stays lost: it is not to look like that of a new store.
        File.Delete(store.Seal);
        store.TakePassword();
        Assert.False(File.Exists(store.Seal));
        File.WriteAllText(store.PasswordFile, "\n");
        Assert.Throws<InvalidDataException>(() => store.TakePassword());
    }

    private static void Widen(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                path,
                Mode700 | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute
            );
    }

    private static void RequireMode(UnixFileMode mode, string path)
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(mode, File.GetUnixFileMode(path));
    }
}
