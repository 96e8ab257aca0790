using OrleansWork.Protocol.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

public sealed class SecretFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-secret-").FullName;

    private string Secret => Path.Combine(_folder, "orleanswork", "secret");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrMake_FirstUse_MakesOneForItsOwnerAlone()
    {
        string made = SecretFile.ReadOrMake(Secret);
        Assert.Equal(made, SecretFile.ReadOrMake(Secret));
        Assert.True(ClusterSecret.TryParse(made, out _, out _));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Secret)!));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(Owner, File.GetUnixFileMode(Secret));
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Secret)!));
    }

    [Fact]
    public async Task ReadOrMake_ManyAtOnce_AllGetTheSame()
    {
        string[] made = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => SecretFile.ReadOrMake(Secret))));
        Assert.Single(made.Distinct());
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Secret)!));
    }

    [Fact]
    public void ReadOrMake_OthersCanReadOrReplaceIt_IsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("File modes are of Unix.");
            return;
        }

        SecretFile.ReadOrMake(Secret);
        File.SetUnixFileMode(Secret, Owner | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Refusal(), StringComparison.Ordinal);
        File.SetUnixFileMode(Secret, Owner);
        File.SetUnixFileMode(Path.GetDirectoryName(Secret)!, (UnixFileMode)0b111_111_111);
        Assert.Contains("chmod 700", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("client-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void ReadOrMake_FileHoldsNone_IsRefusedAndKept(string content)
    {
        SecretFile.ReadOrMake(Secret);
        File.WriteAllText(Secret, content);
        Assert.Contains(Secret, Refusal(), StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Secret));
    }

    private string Refusal() => Assert.Throws<SecretFileException>(() => SecretFile.ReadOrMake(Secret)).Message;
}
