using Microsoft.Extensions.Configuration;
using OrleansWork.Silo.Settings;
using ClusteringKind = OrleansWork.Silo.Settings.Clustering;

namespace OrleansWork.Silo.Tests.Settings;

/// <summary>What a silo takes of its settings, and what it refuses, by the name of the setting.</summary>
public sealed class SettingsReaderTests
{
    [Fact]
    public void Read_Nothing_HasTheDefaults()
    {
        SiloSettings settings = Read();
        Assert.Equal((ClusteringKind.Local, "orleanswork", "orleanswork"), (settings.Clustering, settings.ClusterId, settings.ServiceId));
        Assert.Equal((11111, 30000), (settings.SiloPort, settings.GatewayPort));
        Assert.Equal(["http://127.0.0.1:8080/"], settings.Urls.Select(url => url.ToString()));
        Assert.Equal(((int?)null, (int?)null, (int?)null), (settings.Slots, settings.MaxLostSlots, settings.AsyncSlots));
        Assert.False(settings.AllowExec || settings.AllowCrash || settings.WatchStdin || settings.ListKinds);
        Assert.Empty(settings.Labels);
        Assert.Empty(settings.Jobs);
        Assert.Empty(settings.Keys);
        Assert.Empty(settings.FileRoots);
        Assert.Null(settings.Secret);
    }

    [Fact]
    public void Read_EverySettingThatMayBeSetByConfiguration_IsTaken()
    {
        string folder = Path.GetTempPath();
        SiloSettings settings = Read(
            ("Clustering", "REDIS"),
            ("Redis", "127.0.0.1:6379"),
            ("ClusterId", "a-cluster"),
            ("ServiceId", "a.service"),
            ("SiloPort", "0"),
            ("GatewayPort", "0"),
            ("Urls", "http://localhost:0;http://[::1]:9000"),
            ("Slots", "3"),
            ("MaxLostSlots", "12"),
            ("AsyncSlots", "48"),
            ("Labels", "gpu, zone=a"),
            ("FileRoots", folder),
            ("AllowExec", "true"),
            ("AllowCrash", "True"),
            ("DataDirectory", folder)
        );
        Assert.Equal((ClusteringKind.Redis, "127.0.0.1:6379"), (settings.Clustering, settings.Redis));
        Assert.Equal(("a-cluster", "a.service", 0, 0), (settings.ClusterId, settings.ServiceId, settings.SiloPort, settings.GatewayPort));
        Assert.Equal([0, 9000], settings.Urls.Select(url => url.Port));
        Assert.Equal((3, 12, 48), (settings.Slots, settings.MaxLostSlots, settings.AsyncSlots));
        Assert.Equal([("gpu", ""), ("zone", "a")], settings.Labels.Select(label => (label.Key, label.Value)));
        Assert.Equal([Path.GetFullPath(folder)], settings.FileRoots);
        Assert.True(settings is { AllowExec: true, AllowCrash: true });
        Assert.Equal(Path.GetFullPath(folder), settings.DataDirectory);
    }

    [Fact]
    public void Read_RedisAlone_MeansClusteringByIt() => Assert.Equal(ClusteringKind.Redis, Read(("Redis", "host:6379")).Clustering);

    [Fact]
    public void Read_AListAsAnArray_IsTheSameAsOneText()
    {
        SiloSettings settings = Read(("Labels:0", "gpu"), ("Labels:1", "zone=a"));
        Assert.Equal(["gpu", "zone"], settings.Labels.Keys);
        Assert.Equal([("size", "large")], Read(("Labels:size", "large")).Labels.Select(label => (label.Key, label.Value)));
    }

    [Theory]
    [InlineData("SiloPrt", "1", "OrleansWork:SiloPrt is not a setting. Did you mean OrleansWork:SiloPort?")]
    [InlineData("Coordinatr:MaxUnits", "3", "OrleansWork:Coordinatr is not a setting. Did you mean OrleansWork:Coordinator?")]
    [InlineData("MaxUnits", "3", "OrleansWork:MaxUnits is not a setting. Did you mean OrleansWork:Coordinator:MaxUnits?")]
    [InlineData("Elephants", "1", "OrleansWork:Elephants is not a setting.")]
    [InlineData("Clustering", "reddis", "OrleansWork:Clustering is 'reddis'; it must be local or redis. Did you mean redis?")]
    [InlineData("Clustering", "0", "OrleansWork:Clustering is '0'; it must be local or redis.")]
    [InlineData("Slots", "0", "OrleansWork:Slots is '0'; it must be a whole number from 1 to 1024.")]
    [InlineData("Slots", "1e3", "OrleansWork:Slots is '1e3'; it must be a whole number from 1 to 1024.")]
    [InlineData("SiloPort", "65536", "OrleansWork:SiloPort is '65536'; it must be a whole number from 0 to 65535.")]
    [InlineData("AllowExec", "yes", "OrleansWork:AllowExec is 'yes'; it must be true or false.")]
    [InlineData("ClusterId", "a b", "OrleansWork:ClusterId is 'a b'; it must be 1 to 64 letters, digits, dots, underscores or hyphens.")]
    [InlineData(
        "Urls",
        "ftp://127.0.0.1",
        "OrleansWork:Urls has 'ftp://127.0.0.1', which is not an address such as http://127.0.0.1:8080."
    )]
    [InlineData(
        "Urls",
        "https://127.0.0.1:1",
        "OrleansWork:Urls has 'https://127.0.0.1:1'; TLS is not available yet: use http on loopback."
    )]
    [InlineData("Jobs", "/no/such/file", "OrleansWork:Jobs has '/no/such/file', which is no file or folder (/no/such/file).")]
    [InlineData("FileRoots", "/no/such/folder", "OrleansWork:FileRoots has '/no/such/folder', which is no folder (/no/such/folder).")]
    [InlineData("Engine:SlotLostAfter", "soon", "OrleansWork:Engine:SlotLostAfter is 'soon'; it must be a duration from 50ms to 10m.")]
    [InlineData("Engine:Slots", "1025", "OrleansWork:Engine:Slots is 1025; it must be a whole number from 0 to 1024.")]
    [InlineData("Engine:Slot", "2", "OrleansWork:Engine:Slot is not an option. Did you mean OrleansWork:Engine:Slots?")]
    [InlineData("Coordinator:MaxOpenJobs", "0", "OrleansWork:Coordinator:MaxOpenJobs is 0; it must be a whole number from 1 to 10000000.")]
    [InlineData("Client:RetryFor", "0s", "OrleansWork:Client:RetryFor is 0s; it must be a duration from 1s to 1d.")]
    [InlineData("Redis", "", null)]
    public void Read_OneThatIsWrong_IsNamedWithItsRule(string key, string value, string? problem)
    {
        if (problem is null)
            Assert.Equal(ClusteringKind.Local, Read((key, value)).Clustering);
        else
            Assert.Equal([problem], Problems((key, value)));
    }

    [Theory]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://192.168.1.2:8080")]
    [InlineData("http://example.org:8080")]
    public void Read_AnAddressThatOthersReach_IsRefused(string address) =>
        Assert.Contains("which others can reach", Assert.Single(Problems(("Urls", address))), StringComparison.Ordinal);

    [Fact]
    public void Read_ManyThatAreWrong_AllAreNamedAtOnce()
    {
        List<string> problems = Problems(("Slots", "x"), ("GatewayPort", "11111"), ("Clustering", "redis"), ("Labels", "a=1,a=2"));
        Assert.Equal(4, problems.Count);
        Assert.Contains("OrleansWork:Redis is missing; clustering redis needs a connection string such as 127.0.0.1:6379.", problems);
        Assert.Contains("OrleansWork:Labels has 'a' twice.", problems);
        Assert.Contains("OrleansWork:SiloPort and OrleansWork:GatewayPort share port 11111; each needs its own.", problems);
    }

    [Theory]
    [InlineData("Slots", "2")]
    [InlineData("AsyncSlots", "2")]
    [InlineData("MaxLostSlots", "2")]
    [InlineData("Labels", "gpu")]
    public void Read_AnOptionOfTheEngineSaidTwice_IsRefused(string name, string value) =>
        Assert.Equal(
            [$"OrleansWork:{name} and OrleansWork:Engine:{name} are both set; set one of them."],
            Problems((name, value), ($"Engine:{name}", value))
        );

    [Fact]
    public void Read_WhatTheCommandLineFound_IsToldWithTheRest()
    {
        SettingsException refused = Assert.Throws<SettingsException>(() => Reader(("Slots", "0")).Read(["--what is no option."]));
        Assert.Equal(2, refused.Problems.Count);
        Assert.Equal("--what is no option.", refused.Problems[0]);
    }

    [Fact]
    public void Read_ASecretThatIsWrong_IsNotRepeated()
    {
        const string Wrong = "hunter2";
        foreach (string key in (string[])["Secret", "Keys"])
            Assert.DoesNotContain(Wrong, Assert.Single(Problems((key, Wrong))), StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, Assert.Single(Problems(("Redis", $"host,password={Wrong},nonsense=1"))), StringComparison.Ordinal);
    }

    private static SiloSettings Read(params (string Key, string Value)[] values) => Reader(values).Read([]);

    private static List<string> Problems(params (string Key, string Value)[] values) =>
        [.. Assert.Throws<SettingsException>(() => Read(values)).Problems];

    private static SettingsReader Reader(params (string Key, string Value)[] values) =>
        new(
            new ConfigurationBuilder()
                .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"OrleansWork:{value.Key}", (string?)value.Value)))
                .Build()
        );
}
