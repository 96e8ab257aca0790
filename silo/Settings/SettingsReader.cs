using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Hosting;
using OrleansWork.Protocol.Security;
using OrleansWork.Silo.Security;
using StackExchange.Redis;

namespace OrleansWork.Silo.Settings;

/// <summary>Reads <see cref="SiloSettings"/> and checks every rule, so that one start names all that is wrong.</summary>
internal sealed partial class SettingsReader(IConfiguration configuration)
{
    private readonly IConfigurationSection _section = configuration.GetSection(SettingKeys.Section);
    private readonly List<string> _problems = [];

    /// <summary>Reads the settings.</summary>
    /// <param name="commandLineProblems">What was wrong with the command line; reported with the rest.</param>
    /// <exception cref="SettingsException">A rule is broken.</exception>
    public SiloSettings Read(IEnumerable<string> commandLineProblems)
    {
        _problems.AddRange(commandLineProblems);
        RefuseUnknownKeys();
        string? redis = Text("Redis");
        Clustering clustering = ReadClustering(redis);
        SiloSettings settings = new()
        {
            Clustering = clustering,
            Redis = redis,
            RedisPassword = ReadRedisPassword(),
            ClusterId = Name("ClusterId", "orleanswork"),
            ServiceId = Name("ServiceId", "orleanswork"),
            SiloPort = Number("SiloPort", 11111, 0, IPEndPoint.MaxPort),
            GatewayPort = Number("GatewayPort", 30000, 0, IPEndPoint.MaxPort),
            Urls = ReadUrls(),
            Slots = OptionNumber("Slots", 1, 1024),
            MaxLostSlots = OptionNumber("MaxLostSlots", 1, 4096),
            AsyncSlots = OptionNumber("AsyncSlots", 1, 100_000),
            Labels = ReadLabels(),
            Jobs = ReadJobs(),
            Keys = ReadKeys(),
            Secret = ReadSecret(),
            FileRoots = ReadFileRoots(),
            AllowExec = Flag("AllowExec"),
            AllowCrash = Flag("AllowCrash"),
            OrleansDashboard = Flag("OrleansDashboard"),
            DataDirectory = Path.GetFullPath(Text("DataDirectory") ?? ".orleanswork"),
            WatchStdin = Flag(SettingKeys.WatchStdin),
            ListKinds = Flag(SettingKeys.ListKinds),
        };
        CheckRedis(clustering, redis);
        CheckPorts(settings);
        CheckOptions<EngineOptions>(EngineOptions.Section, new EngineOptionsValidator());
        CheckOptions<CoordinatorOptions>(CoordinatorOptions.Section);
        CheckOptions<ComputeClientOptions>(ComputeClientOptions.Section);
        return _problems.Count == 0 ? settings : throw new SettingsException(_problems);
    }

    private static string Key(string name) => $"{SettingKeys.Section}:{name}";

    private string? Text(string name) => string.IsNullOrWhiteSpace(_section[name]) ? null : _section[name]!.Trim();

    private void RefuseUnknownKeys()
    {
        if (!string.IsNullOrWhiteSpace(_section.Value))
            _problems.Add($"{SettingKeys.Section} is '{_section.Value}'; it is a section of settings, such as {Key("Clustering")}.");
        foreach (IConfigurationSection child in _section.GetChildren())
        {
            if (SettingKeys.All.ContainsKey(child.Key) || SettingKeys.OptionSections.Contains(child.Path))
                continue;
            string? near = Suggestions.Nearest(child.Key, SettingKeys.All.Keys) is { } setting
                ? Key(setting)
                : UnknownSections.Nearest(child.Key);
            _problems.Add($"{Key(child.Key)} is not a setting." + (near is null ? "" : $" Did you mean {near}?"));
        }
    }

    private Clustering ReadClustering(string? redis)
    {
        string? text = Text("Clustering");
        if (text is null)
            return redis is null ? Clustering.Local : Clustering.Redis;
        if (Enum.TryParse(text, ignoreCase: true, out Clustering clustering) && Enum.IsDefined(clustering) && !char.IsAsciiDigit(text[0]))
            return clustering;
        string? near = Suggestions.Nearest(text, ["local", "redis"]);
        _problems.Add($"{Key("Clustering")} is '{text}'; it must be local or redis." + (near is null ? "" : $" Did you mean {near}?"));
        return Clustering.Local;
    }

    private void CheckRedis(Clustering clustering, string? redis)
    {
        if (clustering == Clustering.Local)
        {
            if (redis is not null && Text("Clustering") is "local")
                _problems.Add(
                    $"{Key("Redis")} is set although {Key("Clustering")} is local, which keeps everything in memory; set Clustering to redis or remove Redis."
                );
            return;
        }

        if (redis is null)
        {
            _problems.Add($"{Key("Redis")} is missing; clustering redis needs a connection string such as 127.0.0.1:6379.");
            return;
        }

        try
        {
            if (ConfigurationOptions.Parse(redis).EndPoints.Count == 0)
                _problems.Add($"{Key("Redis")} names no server; write it as host:port.");
        }
        catch (ArgumentException exception)
        {
            // The message of the parser may repeat the string, which may hold a password.
            _problems.Add(
                $"{Key("Redis")} is not a connection string that StackExchange.Redis reads ({exception.GetType().Name}); write it as host:port[,option=value]."
            );
        }
    }

    private string? ReadRedisPassword()
    {
        if (Text("RedisPasswordFile") is not { } file)
            return null;
        try
        {
            if (File.ReadLines(file).FirstOrDefault()?.Trim() is { Length: > 0 } password)
                return password;
            _problems.Add($"{Key("RedisPasswordFile")} is '{file}', whose first line is to be the password and is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Add($"{Key("RedisPasswordFile")} is '{file}', which cannot be read: {exception.Message}");
        }

        return null;
    }

    private void CheckPorts(SiloSettings settings)
    {
        (string Name, int Port)[] ports =
        [
            ("SiloPort", settings.SiloPort),
            ("GatewayPort", settings.GatewayPort),
            .. settings.Urls.Select(u => ("Urls", u.Port)),
        ];
        foreach (
            IGrouping<int, (string Name, int Port)> same in ports.Where(p => p.Port != 0).GroupBy(p => p.Port).Where(g => g.Count() > 1)
        )
            _problems.Add($"{string.Join(" and ", same.Select(p => Key(p.Name)))} share port {same.Key}; each needs its own.");
    }

    private List<AccessKey> ReadKeys()
    {
        List<AccessKey> keys = [];
        foreach (string item in Items("Keys"))
        {
            // Not what it is: it may be a key itself.
            if (!AccessKey.TryParse(item, out AccessKey? key))
            {
                _problems.Add(
                    $"{Key("Keys")} has something that is not {AccessKey.Form}, where role is viewer, submitter, author or operator. Without keys a silo on loopback makes one and prints it."
                );
            }
            else if (keys.Exists(other => other.Name == key.Name))
                _problems.Add($"{Key("Keys")} has '{key.Name}' twice.");
            else
                keys.Add(key);
        }

        return keys;
    }

    private ClusterSecret? ReadSecret()
    {
        string? text = Text(SettingKeys.Secret);
        string? file = Text("SecretFile");
        if (text is not null && file is not null)
            _problems.Add($"{Key(SettingKeys.Secret)} and {Key("SecretFile")} are both set; set one of them.");
        string source = Key(SettingKeys.Secret);
        if (text is null && file is not null)
        {
            source = $"{Key("SecretFile")} ({file})";
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Add($"{source} cannot be read: {exception.Message}");
                return null;
            }
        }

        if (text is null)
            return null;
        if (!ClusterSecret.TryParse(text, out ClusterSecret? secret, out string? problem))
            _problems.Add($"{source} is wrong: {problem}.");
        else if (secret.IsClientForm)
            _problems.Add(
                $"{source} is the client's form of a cluster's secret, which opens no silo port; a silo needs the secret itself."
            );
        return secret;
    }

    private List<string> ReadFileRoots()
    {
        List<string> roots = [];
        foreach (string item in Items("FileRoots"))
        {
            string path = Path.GetFullPath(item);
            if (!Directory.Exists(path))
                _problems.Add($"{Key("FileRoots")} has '{item}', which is no folder ({path}).");
            roots.Add(path);
        }

        return roots;
    }

    private string Name(string name, string fallback)
    {
        string text = Text(name) ?? fallback;
        if (!NamePattern().IsMatch(text))
            _problems.Add($"{Key(name)} is '{text}'; it must be 1 to 64 letters, digits, dots, underscores or hyphens.");
        return text;
    }

    private int Number(string name, int fallback, int from, int to)
    {
        string? text = Text(name);
        if (text is null)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= from && number <= to)
            return number;
        _problems.Add($"{Key(name)} is '{text}'; it must be a whole number from {from} to {to}.");
        return fallback;
    }

    // Options of the engine that have a short way of saying them.
    private int? OptionNumber(string name, int from, int to)
    {
        if (Text(name) is null)
            return null;
        RefuseSecondWay(name);
        return Number(name, from, from, to);
    }

    // The host would do it too, but only once everything else is right.
    private void CheckOptions<TOptions>(string section, params IReadOnlyList<IValidateOptions<TOptions>> rules)
        where TOptions : class, new()
    {
        ConfiguredOptions<TOptions> configured = new(section, configuration);
        TOptions options = new();
        configured.Configure(options);
        foreach (IValidateOptions<TOptions> rule in rules.Prepend(configured))
            _problems.AddRange(rule.Validate(null, options).Failures ?? []);
    }

    private void RefuseSecondWay(string name)
    {
        if (configuration.GetSection($"{EngineOptions.Section}:{name}").Exists())
            _problems.Add($"{Key(name)} and {EngineOptions.Section}:{name} are both set; set one of them.");
    }

    private bool Flag(string name)
    {
        string? text = Text(name);
        if (text is null)
            return false;
        if (bool.TryParse(text, out bool flag))
            return flag;
        _problems.Add($"{Key(name)} is '{text}'; it must be true or false.");
        return false;
    }

    // A list is an array in appsettings.json or one string with separators.
    private IEnumerable<string> Items(string name) =>
        Text(name) is { } text
            ? text.Split(['\n', ';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : _section.GetSection(name).GetChildren().Where(c => c.Value is not null).Select(c => c.Value!.Trim());

    private Dictionary<string, string> ReadLabels()
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        IEnumerable<IConfigurationSection> named = _section
            .GetSection("Labels")
            .GetChildren()
            .Where(c => !int.TryParse(c.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        IEnumerable<string> items = Text("Labels") is null && named.Any() ? named.Select(c => $"{c.Key}={c.Value}") : Items("Labels");
        if (_section.GetSection("Labels").Exists())
            RefuseSecondWay("Labels");
        foreach (string item in items)
        {
            string[] parts = item.Split('=', 2, StringSplitOptions.TrimEntries);
            if (!NamePattern().IsMatch(parts[0]) || (parts.Length == 2 && parts[1].Length > 64))
                _problems.Add(
                    $"{Key("Labels")} has '{item}'; a label is name or name=value, the name of 1 to 64 letters, digits, dots, underscores or hyphens."
                );
            else if (!labels.TryAdd(parts[0], parts.Length == 2 ? parts[1] : ""))
                _problems.Add($"{Key("Labels")} has '{parts[0]}' twice.");
        }

        return labels;
    }

    private List<string> ReadJobs()
    {
        List<string> jobs = [];
        foreach (string item in Items("Jobs"))
        {
            string path = Path.GetFullPath(item);
            if (!File.Exists(path) && !Directory.Exists(path))
                _problems.Add($"{Key("Jobs")} has '{item}', which is no file or folder ({path}).");
            jobs.Add(path);
        }

        return jobs;
    }

    private List<Uri> ReadUrls()
    {
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
            _problems.Add($"Kestrel:Endpoints is set; say where the silo listens by {Key("Urls")} instead.");
        List<string> items = [.. Items("Urls")];
        string source = Key("Urls");
        if (items.Count == 0 && configuration["urls"] is { Length: > 0 } standard)
        {
            source = "ASPNETCORE_URLS";
            items = [.. standard.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }

        List<Uri> urls = [];
        foreach (string item in items)
        {
            // Kestrel's wildcards are not host names to Uri.
            string probe = item.Replace("://*", "://0.0.0.0", StringComparison.Ordinal)
                .Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
            if (!Uri.TryCreate(probe, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || url.PathAndQuery != "/")
                _problems.Add($"{source} has '{item}', which is not an address such as http://127.0.0.1:8080.");
            else if (!IsLoopback(url))
            {
                _problems.Add(
                    $"{source} has '{item}', which others can reach. Off loopback a silo needs access keys and TLS, which this version does not have yet: use http://127.0.0.1:PORT."
                );
            }
            else if (url.Scheme == "https")
                _problems.Add($"{source} has '{item}'; TLS is not available yet: use http on loopback.");
            else
                urls.Add(url);
        }

        return items.Count == 0 ? [new("http://127.0.0.1:8080")] : urls;
    }

    private static bool IsLoopback(Uri url) =>
        url.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NamePattern();
}
