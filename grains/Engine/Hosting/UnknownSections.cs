using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;

namespace OrleansWork.Engine.Hosting;

/// <summary>Refuses what the section <c>OrleansWork</c> of the configuration has and nothing reads.</summary>
internal sealed class UnknownSections(IConfiguration? configuration = null) : IValidateOptions<EngineOptions>
{
    private const string Root = "OrleansWork";
    private const string Client = "OrleansWork:Client";

    // Those of options by themselves are where somebody wrote them without their section.
    private static readonly string[] s_known =
    [
        EngineOptions.Section,
        CoordinatorOptions.Section,
        Client,
        .. ConfiguredOptions<EngineOptions>.Names.Select(name => $"{EngineOptions.Section}:{name}"),
        .. ConfiguredOptions<CoordinatorOptions>.Names.Select(name => $"{CoordinatorOptions.Section}:{name}"),
    ];

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> problems =
        [
            .. (configuration?.GetSection(Root).GetChildren() ?? [])
                .Where(child => !s_known.Contains(child.Path, StringComparer.OrdinalIgnoreCase))
                .Select(Explain),
        ];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static string Explain(IConfigurationSection unknown)
    {
        string? near =
            s_known.FirstOrDefault(known => known.EndsWith($":{unknown.Key}", StringComparison.OrdinalIgnoreCase))
            ?? Suggestions.Nearest(unknown.Path, s_known);
        return $"{unknown.Path} is not a setting.{(near is null ? "" : $" Did you mean {near}?")}";
    }
}
