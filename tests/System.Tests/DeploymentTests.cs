using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansWork.SystemTests.Processes;
using YamlDotNet.RepresentationModel;

namespace OrleansWork.SystemTests;

/// <summary>docker-compose.yml and Dockerfile: everything they name is there, and what runs without a container engine runs.</summary>
public sealed partial class DeploymentTests
{
    private static readonly string Root = OwnProject.Root();
    private static readonly YamlMappingNode Compose = Load();

    private static YamlMappingNode Services => Map(Compose, "services");

    private static YamlMappingNode Silo => Map(Services, "silo");

    [Fact]
    public void Compose_Silo_CanBeScaled()
    {
        Assert.Equal("3", Text(Map(Silo, "deploy"), "replicas"));
        Assert.All(
            (string[])["container_name", "hostname", "ports"],
            fixedForOne => Assert.False(Silo.Children.ContainsKey(fixedForOne), fixedForOne)
        );
        Dictionary<string, string> settings = Environment(Silo);
        Assert.Equal(("0", "0"), (settings["OrleansWork__SiloPort"], settings["OrleansWork__GatewayPort"]));
        Assert.EndsWith(":0", settings["OrleansWork__Urls"], StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_LongRunningServices_AreRestartedAndHealthChecked()
    {
        foreach (string name in (string[])["redis", "silo"])
        {
            Assert.Equal("unless-stopped", Text(Map(Services, name), "restart"));
            Assert.True(Map(Map(Services, name), "healthcheck").Children.ContainsKey("test"), name);
        }

        Assert.Equal(["console"], Map(Services, "console")["profiles"].AllNodes.OfType<YamlScalarNode>().Select(n => n.Value));
    }

    [Fact]
    public void Compose_Redis_AppendsAndAsksForAPassword()
    {
        string command = Map(Services, "redis")["command"].AllNodes.OfType<YamlScalarNode>().Last().Value!;
        Assert.Contains("--appendonly yes", command, StringComparison.Ordinal);
        Assert.Contains("--requirepass", command, StringComparison.Ordinal);
        Assert.Contains("--bind 127.0.0.1", command, StringComparison.Ordinal);
        Assert.DoesNotContain("REDIS_PASSWORD", command, StringComparison.Ordinal);
        Assert.Contains("password=${REDIS_PASSWORD:?", Environment(Silo)["OrleansWork__Redis"], StringComparison.Ordinal);
        Assert.Equal(Environment(Silo)["OrleansWork__Redis"], Environment(Map(Services, "console"))["ORLEANSWORK_REDIS"]);
    }

    [Fact]
    public void Compose_ServicesAndVolumes_ThatAreNamedExist()
    {
        string[] services = [.. Names(Services)];
        foreach (string service in services)
        {
            YamlMappingNode node = Map(Services, service);
            if (node.Children.TryGetValue("depends_on", out YamlNode? needed))
                Assert.All(Names((YamlMappingNode)needed), name => Assert.Contains(name, services));
            if (node.Children.TryGetValue("network_mode", out YamlNode? network))
                Assert.Contains(((YamlScalarNode)network).Value!["service:".Length..], services);
            if (node.Children.TryGetValue("volumes", out YamlNode? volumes))
            {
                Assert.All(
                    (YamlSequenceNode)volumes,
                    volume => Assert.Contains(((YamlScalarNode)volume).Value!.Split(':')[0], Names(Map(Compose, "volumes")))
                );
            }

            Assert.True(node.Children.ContainsKey("image") || node.Children.ContainsKey("build"), service);
        }
    }

    [Fact]
    public void Compose_Builds_NameStagesOfTheDockerfile()
    {
        string[] stages = [.. Stage().Matches(Dockerfile()).Select(m => m.Groups["name"].Value)];
        YamlMappingNode[] builds =
        [
            .. Names(Services).Select(n => Map(Services, n)).Where(s => s.Children.ContainsKey("build")).Select(s => Map(s, "build")),
        ];
        Assert.Equal(2, builds.Length);
        foreach (YamlMappingNode build in builds)
        {
            Assert.True(File.Exists(Path.Combine(Root, Text(build, "context"), Text(build, "dockerfile"))));
            Assert.Contains(Text(build, "target"), stages);
        }

        Assert.All(Regex.Matches(Dockerfile(), "--from=(\\w+)").Select(m => m.Groups[1].Value), stage => Assert.Contains(stage, stages));
    }

    [Fact]
    public void Dockerfile_FilesThatAreNamed_ExistAndAreNotIgnored()
    {
        string dockerfile = Dockerfile();
        string[] ignored = File.ReadAllLines(Path.Combine(Root, ".dockerignore"));
        string[] projects = [.. Regex.Matches(dockerfile, "dotnet publish (\\S+)").Select(m => m.Groups[1].Value)];
        string[] copied = [.. Regex.Matches(dockerfile, "COPY (?!--from)(\\S+) ").Select(m => m.Groups[1].Value).Where(f => f != ".")];
        Assert.Equal(2, projects.Length);
        Assert.NotEmpty(copied);
        foreach (string file in (string[])[.. projects, .. copied])
        {
            Assert.True(File.Exists(Path.Combine(Root, file)), file);
            Assert.DoesNotContain(ignored, line => line.Length > 0 && file.StartsWith(line, StringComparison.Ordinal));
        }

        // The program that a stage starts is what its project makes.
        string[] assemblies =
        [
            .. projects.Select(p =>
                (
                    XDocument.Load(Path.Combine(Root, p)).Descendants("AssemblyName").FirstOrDefault()?.Value
                    ?? Path.GetFileNameWithoutExtension(p)
                ) + ".dll"
            ),
        ];
        Assert.Equal(
            assemblies.Order(StringComparer.Ordinal),
            Regex.Matches(dockerfile, "ENTRYPOINT .*?([\\w.]+\\.dll)").Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)
        );
        string sdk = JsonDocument
            .Parse(File.ReadAllBytes(Path.Combine(Root, "global.json")))
            .RootElement.GetProperty("sdk")
            .GetProperty("version")
            .GetString()!;
        Assert.All(
            Regex.Matches(dockerfile, "FROM mcr\\.microsoft\\.com/dotnet/\\w+:(\\S+)").Select(m => m.Groups[1].Value),
            tag => Assert.StartsWith(tag + ".", sdk, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Compose_HealthCheckOfTheSilo_IsTheImages()
    {
        string check = Regex.Match(Dockerfile(), "HEALTHCHECK .* CMD (\\[.*\\])").Groups[1].Value;
        string[] test = [.. ((YamlSequenceNode)Map(Silo, "healthcheck")["test"]).Select(n => ((YamlScalarNode)n).Value!)];
        Assert.Equal(["CMD", .. JsonSerializer.Deserialize<string[]>(check)!], test);
    }

    [Fact]
    public async Task Compose_SettingsOfTheSilo_AreAcceptedByIt()
    {
        // One wrong setting more: the silo names all that is wrong at once, so all others are right.
        IEnumerable<(string, string)> settings = Environment(Silo).Select(s => (s.Key, Substitute(s.Value)));
        await using RunningProgram silo = RunningProgram.Start(Programs.Silo, ["--async-slots", "none"], [.. settings]);
        Assert.Equal(2, await silo.ExitCodeAsync());
        string problem = Assert.Single(silo.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..]);
        Assert.Contains("OrleansWork:AsyncSlots", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_SettingsOfTheConsole_AreReadByIt()
    {
        string source = string.Concat(
            Directory.EnumerateFiles(Path.Combine(Root, "client"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)
        );
        Assert.All(
            Environment(Map(Services, "console")).Keys,
            name => Assert.Contains($"environment(\"{name}\")", source, StringComparison.Ordinal)
        );
    }

    [LinuxFact]
    public async Task Image_EntryPointAndHealthCheck_TellWhenTheSiloIsReady()
    {
        string folder = Directory.CreateTempSubdirectory("ow-image-").FullName;
        string ready = Path.Combine(folder, "silo.ready");
        string script = Path.Combine(Root, "silo", "healthcheck.sh");
        string[] entry = JsonSerializer.Deserialize<string[]>(EntryPoint().Match(Dockerfile()).Groups["json"].Value)!;
        Assert.Equal("bash", entry[0]);
        string command = entry[2]
            .Replace("exec dotnet OrleansWork.Silo.dll", $"exec '{Programs.Dotnet}' '{Programs.Silo}'", StringComparison.Ordinal)
            .Replace("/tmp/silo.ready", ready, StringComparison.Ordinal);
        try
        {
            Assert.NotEqual(0, await CheckAsync(script, ready));
            await using RunningProgram silo = RunningProgram.StartProgram(
                "bash",
                ["-c", command, entry[3], "--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0"],
                new OwnAccess().Environment
            );
            await Eventually.NotNullAsync(
                async () => silo.HasExited || await CheckAsync(script, ready) == 0 ? "" : null,
                () => silo.Error,
                what: "the health check to succeed"
            );
            Assert.False(silo.HasExited, silo.Error);

            // The silo itself is the process that a container engine stops.
            silo.Signal(Signals.Terminate);
            Assert.Equal(0, await silo.ExitCodeAsync());
            Assert.NotEqual(0, await CheckAsync(script, ready));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> CheckAsync(string script, string ready)
    {
        await using RunningProgram check = RunningProgram.StartProgram("bash", [script, ready]);
        return await check.ExitCodeAsync();
    }

    private static YamlMappingNode Load()
    {
        using StreamReader file = File.OpenText(Path.Combine(Root, "docker-compose.yml"));
        YamlStream yaml = [];
        yaml.Load(file);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static string Dockerfile() => File.ReadAllText(Path.Combine(Root, "Dockerfile"));

    private static YamlMappingNode Map(YamlMappingNode parent, string key) => (YamlMappingNode)parent[key];

    private static string Text(YamlMappingNode parent, string key) => ((YamlScalarNode)parent[key]).Value!;

    private static IEnumerable<string> Names(YamlMappingNode map) => map.Children.Keys.Select(k => ((YamlScalarNode)k).Value!);

    private static Dictionary<string, string> Environment(YamlMappingNode service) =>
        Map(service, "environment").Children.ToDictionary(e => ((YamlScalarNode)e.Key).Value!, e => ((YamlScalarNode)e.Value).Value!);

    private static string Substitute(string value) =>
        Variable().Replace(value, m => m.Groups["default"].Success ? m.Groups["default"].Value : "x-of-many-characters");

    [GeneratedRegex("\\$\\{\\w+(:-(?<default>[^}]*)|:\\?[^}]*)?\\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("^FROM \\S+ AS (?<name>\\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stage();

    [GeneratedRegex("^ENTRYPOINT (?<json>\\[\"bash\".*\\])$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EntryPoint();
}
