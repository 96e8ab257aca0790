using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;

namespace OrleansWork.Engine.Hosting;

/// <summary>Refuses what the section <c>OrleansWork</c> of the configuration has and nothing reads.</summary>
internal sealed class UnknownSections(IConfiguration? configuration = null) : IValidateOptions<EngineOptions>
{
    private const string Root = "OrleansWork";
    private const string Client = "OrleansWork:Client";

    private static readonly string[] s_sections =
    [
        .. new[] { EngineOptions.Section, CoordinatorOptions.Section, Client }.Select(path => path[(Root.Length + 1)..]),
    ];

    // Those of options by themselves are where somebody wrote them without their section.
    private static readonly string[] s_known =
    [
        EngineOptions.Section,
        CoordinatorOptions.Section,
        Client,
        .. ConfiguredOptions<EngineOptions>.Names.Select(name => $"{EngineOptions.Section}:{name}"),
        .. ConfiguredOptions<CoordinatorOptions>.Names.Select(name => $"{CoordinatorOptions.Section}:{name}"),
    ];

    /// <summary>Returns the path that somebody may have meant who wrote a key of the section that is none; or null.</summary>
    public static string? Nearest(string key) =>
        s_known.FirstOrDefault(known => known.EndsWith($":{key}", StringComparison.OrdinalIgnoreCase))
        ?? (Suggestions.Nearest(key, s_sections) is { } section ? $"{Root}:{section}" : null);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> problems =
        [
            .. (configuration?.GetSection(Root).GetChildren() ?? [])
                .Where(child => !s_known.Contains(child.Path, StringComparer.OrdinalIgnoreCase))
                .Select(Explain),
            .. configuration?[Root] is { } text && !string.IsNullOrWhiteSpace(text)
                ? (string[])[$"{Root} is '{text}'; it is a section of settings, such as {EngineOptions.Section}."]
                : [],
            .. WrongOfCoordinator(),
        ];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    // They would stop the start by themselves, but only once these are right.
    private IReadOnlyList<string> WrongOfCoordinator()
    {
        ConfiguredOptions<CoordinatorOptions> configured = new(CoordinatorOptions.Section, configuration);
        CoordinatorOptions read = new();
        configured.Configure(read);
        return [.. configured.Validate(null, read).Failures ?? []];
    }

    private static string Explain(IConfigurationSection unknown)
    {
        string? near = Nearest(unknown.Key);
        return $"{unknown.Path} is not a setting of this host.{(near is null ? "" : $" Did you mean {near}?")}";
    }
}
