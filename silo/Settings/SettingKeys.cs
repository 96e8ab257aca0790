namespace OrleansWork.Silo.Settings;

/// <summary>The names of the settings and how they are written on the command line.</summary>
internal static class SettingKeys
{
    /// <summary>The configuration section.</summary>
    public const string Section = "OrleansWork";

    /// <summary>The cluster's secret; not on the command line, which every user of the machine sees.</summary>
    public const string Secret = "Secret";

    /// <summary>Settings that hold lists: repeated options add to them.</summary>
    public static readonly IReadOnlySet<string> Lists = new HashSet<string>(StringComparer.Ordinal)
    {
        "Labels",
        "Jobs",
        "Urls",
        "Keys",
        "FileRoots",
    };

    /// <summary>Set by <c>--watch-stdin</c>.</summary>
    public const string WatchStdin = "WatchStdin";

    /// <summary>Set by <c>--list-kinds</c>.</summary>
    public const string ListKinds = "ListKinds";

    /// <summary>Every setting; the value says whether it is a flag that needs no value.</summary>
    public static readonly IReadOnlyDictionary<string, bool> All = new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase)
    {
        ["Clustering"] = false,
        ["Redis"] = false,
        ["RedisPasswordFile"] = false,
        ["ClusterId"] = false,
        ["ServiceId"] = false,
        ["SiloPort"] = false,
        ["GatewayPort"] = false,
        ["Urls"] = false,
        ["Slots"] = false,
        ["AsyncSlots"] = false,
        ["MaxLostSlots"] = false,
        ["Labels"] = false,
        ["Jobs"] = false,
        ["Keys"] = false,
        [Secret] = false,
        ["SecretFile"] = false,
        ["FileRoots"] = false,
        ["AllowExec"] = true,
        ["AllowCrash"] = true,
        ["OrleansDashboard"] = true,
        ["DataDirectory"] = false,
        [WatchStdin] = true,
        [ListKinds] = true,
    };

    /// <summary>Sections whose keys are the options of a class, which are checked there.</summary>
    public static readonly IReadOnlySet<string> OptionSections = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        EngineOptions.Section,
        CoordinatorOptions.Section,
        ComputeClientOptions.Section,
    };

    /// <summary>Settings of the host itself that are passed on as they are.</summary>
    public static readonly IReadOnlyList<string> Host = ["environment"];

    /// <summary>Finds the setting that an option means: <c>silo-port</c>, <c>SiloPort</c> and <c>OrleansWork:SiloPort</c> are the same.</summary>
    public static string? Find(string option)
    {
        string name = option.StartsWith(Section + ":", StringComparison.OrdinalIgnoreCase) ? option[(Section.Length + 1)..] : option;
        name = name.Replace("-", "", StringComparison.Ordinal);
        name = name.ToUpperInvariant() switch
        {
            "LABEL" => "Labels",
            "JOB" => "Jobs",
            "URL" => "Urls",
            "KEY" => "Keys",
            "FILEROOT" => "FileRoots",
            _ => name,
        };
        return All.Keys.FirstOrDefault(k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Writes a setting as an option: <c>SiloPort</c> as <c>--silo-port</c>.</summary>
    public static string ToOption(string key) =>
        "--" + string.Concat(key.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
