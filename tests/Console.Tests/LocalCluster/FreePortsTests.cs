using OrleansWork.Console.LocalCluster;
using Xunit;

namespace OrleansWork.Console.Tests.LocalCluster;

public sealed class FreePortsTests : IDisposable
{
    private const int First = 12_500;
    private readonly string _folder = Directory.CreateTempSubdirectory("ow-ports-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Take_ManyConsolesAtOnce_NoPortTwice()
    {
        FreePorts[] consoles = [.. Enumerable.Range(0, 8).Select(_ => new FreePorts(_folder))];
        int[][] taken = new int[consoles.Length][];
        Parallel.For(0, consoles.Length, i => taken[i] = [.. Enumerable.Range(0, 20).Select(_ => consoles[i].Take(First))]);
        Assert.Equal(160, taken.SelectMany(ports => ports).Distinct().Count());
        Array.ForEach(consoles, console => console.Dispose());
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Release_GivesThePortToOthers()
    {
        using FreePorts one = new(_folder);
        using FreePorts other = new(_folder);
        int port = one.Take(First);
        int next = other.Take(port);
        Assert.NotEqual(port, next);
        one.Release(port);
        other.Release(next);
        Assert.Equal(port, other.Take(port));
    }
}
