using System.Collections.Immutable;
using System.Text.Json;
using OrleansWork.Engine.Cluster;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Cluster;

public sealed class ClusterDocumentsTests
{
    [Fact]
    public void Silos_SayWhatTheirViewsSay()
    {
        SiloProfile profile = Profile(1, ("sum", 1), ("pi", 2)) with
        {
            Labels = ImmutableDictionary<string, string>.Empty.Add("zone", "a"),
            Http = "http://127.0.0.1:8080/",
        };
        SiloLoad load = new(9, new ClassLoad(4, 3, 2, 5), new ClassLoad(64, 10, 1, 65), 1500, 0.25f, true, 0.5f, 100, 1000);
        IReadOnlyList<SiloStatus> silos = ClusterDocuments.Silos([
            new SiloView(LoadTableTests.Silo(1), SiloViewState.Draining, profile, load, 0, 2),
            new SiloView(LoadTableTests.Silo(2), SiloViewState.Active, null, null, 0, 0),
            new SiloView(LoadTableTests.Silo(3), SiloViewState.Dead, profile, null, 0, 0) { IsQuarantined = true },
            new SiloView(LoadTableTests.Silo(4), SiloViewState.Active, profile, load, 0, 0) { IsQuarantined = true },
        ]);
        Assert.Equal(["draining", "active", "dead", "quarantined"], silos.Select(silo => silo.State));
        Assert.Equal(["127.0.0.1:1@1", "127.0.0.1:2@2", "127.0.0.1:3@3", "127.0.0.1:4@4"], silos.Select(silo => silo.Silo));
        Assert.Equal(["http://127.0.0.1:8080/", null, null, "http://127.0.0.1:8080/"], silos.Select(silo => silo.Http));
        SiloStatus first = silos[0];
        Assert.Equal((4, 13, 3, 1500.0, 0.25), (first.Slots, first.Running, first.Queued, first.UnitsPerSecond, first.ErrorRate));
        Assert.Equal(["sum@1", "pi@2"], first.Kinds);
        Assert.Equal("a", first.Labels["zone"]);
    }

    [Fact]
    public void Silos_AreSortedByAddressAndPort_WhateverTheirAge()
    {
        string[] addresses = ["10.0.0.9:7@1", "127.0.0.1:1000@9", "127.0.0.1:11111@3", "127.0.0.1:11112@1", "127.0.0.1:11112@2"];
        IReadOnlyList<SiloStatus> silos = ClusterDocuments.Silos(
            addresses
                .Reverse()
                .Select(address => new SiloView(SiloAddress.FromParsableString(address), SiloViewState.Active, null, null, 0, 0))
        );
        Assert.Equal(addresses, silos.Select(silo => silo.Silo));
    }

    [Fact]
    public void Kinds_AreListedOnceInTheirHighestVersionOnSilosAlive()
    {
        IReadOnlyList<KindStatus> kinds = ClusterDocuments.Kinds([
            View(1, SiloViewState.Active, ("sum", 1), ("pi", 1)),
            View(2, SiloViewState.Draining, ("sum", 2)),
            View(3, SiloViewState.Active, ("sum", 2)),
            View(4, SiloViewState.Dead, ("sum", 7), ("gone", 1)),
        ]);
        Assert.Equal([("pi", 1, 1), ("sum", 2, 2)], kinds.Select(kind => (kind.Kind, kind.Version, kind.Silos)));
        Assert.Equal(JsonValueKind.Object, kinds[0].InputSchema.ValueKind);
    }

    private static SiloView View(int silo, SiloViewState state, params (string Name, int Version)[] kinds) =>
        new(LoadTableTests.Silo(silo), state, Profile(silo, kinds), null, 0, 0);

    private static SiloProfile Profile(int silo, params (string Name, int Version)[] kinds) =>
        new(
            LoadTableTests.Silo(silo),
            1,
            ImmutableDictionary<string, string>.Empty,
            [.. kinds.Select(kind => new KindProfile(kind.Name, kind.Version, "", false, false, "{}"))]
        );
}
