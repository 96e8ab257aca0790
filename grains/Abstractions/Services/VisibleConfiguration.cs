using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace OrleansWork.Services;

/// <summary>A configuration without one of its sections.</summary>
internal sealed class VisibleConfiguration(IConfiguration whole, string hidden) : IConfiguration
{
    private static readonly IConfiguration Empty = new ConfigurationBuilder().Build();

    public string? this[string key]
    {
        get => IsHidden(key) ? null : whole[key];
        set => Visible(key)[key] = value;
    }

    public IEnumerable<IConfigurationSection> GetChildren() => whole.GetChildren().Where(section => !IsHidden(section.Path));

    public IChangeToken GetReloadToken() => whole.GetReloadToken();

    public IConfigurationSection GetSection(string key) => Visible(key).GetSection(key);

    private IConfiguration Visible(string key) => IsHidden(key) ? Empty : whole;

    private bool IsHidden(string key) =>
        key.StartsWith(hidden, StringComparison.OrdinalIgnoreCase)
        && (key.Length == hidden.Length || key[hidden.Length] == ConfigurationPath.KeyDelimiter[0]);
}
