using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansWork.Configuration;

/// <summary>Takes options from a section of the configuration, and refuses what they do not have or do not allow, by the key's name.</summary>
/// <remarks>Numbers, switches and words as .NET writes them; durations as <c>50ms</c>, <c>2h</c> or <c>00:00:02</c>; names with values as a section, a list, or
/// one text <c>gpu,zone=a</c>.</remarks>
/// <param name="section">The path of the section: <c>OrleansWork:Engine</c>.</param>
/// <param name="configuration">The host's configuration, or null where it has none.</param>
internal sealed class ConfiguredOptions<TOptions>(string section, IConfiguration? configuration)
    : IConfigureOptions<TOptions>,
        IValidateOptions<TOptions>
    where TOptions : class
{
    private static readonly PropertyInfo[] s_options =
    [
        .. typeof(TOptions)
            .GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.SetMethod is { IsPublic: true } || IsMap(property)),
    ];

    private static readonly char[] s_separators = ['\n', ';', ','];

    private readonly IConfigurationSection? _section = configuration?.GetSection(section);

    /// <summary>Gets the names of the options.</summary>
    public static IEnumerable<string> Names => s_options.Select(option => option.Name);

    /// <inheritdoc/>
    public void Configure(TOptions options)
    {
        if (_section is not null)
            _ = Read(options);
    }

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        // What is read here is thrown away: the options may have been changed by code since.
        List<string> problems = _section is null ? [] : [.. UnknownKeys(), .. Read(into: null)];
        problems.AddRange(BrokenRules(options));
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static bool IsMap(PropertyInfo property) => property.PropertyType == typeof(IDictionary<string, string>);

    private IEnumerable<string> UnknownKeys()
    {
        if (!string.IsNullOrWhiteSpace(_section!.Value))
            yield return $"{section} is '{_section.Value}'; it is a section of options, such as {section}:{Names.First()}.";
        foreach (IConfigurationSection child in _section!.GetChildren())
        {
            if (!Names.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                string? near = Suggestions.Nearest(child.Key, Names);
                yield return $"{section}:{child.Key} is not an option.{(near is null ? "" : $" Did you mean {section}:{near}?")}";
            }
        }
    }

    private List<string> Read(TOptions? into)
    {
        List<string> problems = [];
        foreach (PropertyInfo option in s_options)
        {
            IConfigurationSection value = _section!.GetSection(option.Name);
            if (IsMap(option))
            {
                HashSet<string> seen = new(StringComparer.Ordinal);
                foreach ((string name, string text) in Pairs(value, problems))
                {
                    if (!seen.Add(name))
                        problems.Add($"{value.Path} has '{name}' twice.");
                    else if (into is not null)
                        ((IDictionary<string, string>)option.GetValue(into)!)[name] = text;
                }
            }
            else if (value.GetChildren().Any())
            {
                problems.Add($"{section}:{option.Name} is a section; it must be {Rule(option)}.");
            }
            else if (!string.IsNullOrWhiteSpace(value.Value))
            {
                if (!TryParse(value.Value.Trim(), option.PropertyType, out object? parsed))
                    problems.Add($"{section}:{option.Name} is '{value.Value}'; it must be {Rule(option)}.");
                else if (into is not null)
                    option.SetValue(into, parsed);
            }
        }

        return problems;
    }

    /// <summary>Reads names with values: a section of them, a list, or one text.</summary>
    private static IEnumerable<(string Name, string Value)> Pairs(IConfigurationSection section, List<string> problems)
    {
        IConfigurationSection[] children = [.. section.GetChildren()];
        bool isText = !string.IsNullOrWhiteSpace(section.Value);
        if (isText && children.Length > 0)
            problems.Add($"{section.Path} is set as a text and as a section; set one of them.");
        problems.AddRange(
            children.Where(child => child.GetChildren().Any()).Select(child => $"{child.Path} is a section; it must be a text.")
        );
        bool isList = children.Select((child, i) => child.Key == i.ToString(CultureInfo.InvariantCulture)).All(isNext => isNext);
        if (!isText && !isList)
            return children.Select(child => (child.Key, child.Value ?? ""));
        IEnumerable<string?> texts = isText ? [section.Value] : children.Select(child => child.Value);
        return texts
            .SelectMany(text => text?.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
            .Select(item => item.Split('=', 2, StringSplitOptions.TrimEntries))
            .Select(parts => (parts[0], parts.Length == 2 ? parts[1] : ""));
    }

    private static bool TryParse(string text, Type type, out object? value)
    {
        value = null;
        if (type == typeof(TimeSpan))
        {
            // To .NET a number alone is days.
            if (
                text.Contains(':', StringComparison.Ordinal)
                    ? TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan duration)
                    : Duration.TryParse(text, out duration)
            )
                value = duration;
        }
        else if (type == typeof(bool))
        {
            if (bool.TryParse(text, out bool flag))
                value = flag;
        }
        else if (type == typeof(int))
        {
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
                value = number;
        }
        else if (type == typeof(long))
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
                value = number;
        }
        else if (type == typeof(double))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
                value = number;
        }
        else
        {
            throw new NotSupportedException($"{typeof(TOptions).Name} has an option of type {type}, which no configuration can set.");
        }

        return value is not null;
    }

    private IEnumerable<string> BrokenRules(TOptions options) =>
        s_options
            .Where(option => option.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(option.GetValue(options)))
            .Select(option => $"{section}:{option.Name} is {Text(option.GetValue(options))}; it must be {Rule(option)}.");

    private static string Rule(PropertyInfo option)
    {
        RangeAttribute? range = option.GetCustomAttribute<RangeAttribute>();
        // The bounds of a duration are texts until the attribute has been asked once.
        _ = range?.IsValid(null);
        _ = range?.IsValid(Activator.CreateInstance(option.PropertyType));
        string what =
            option.PropertyType == typeof(bool) ? "true or false"
            : option.PropertyType == typeof(TimeSpan) ? "a duration"
            : option.PropertyType == typeof(double) ? "a number"
            : "a whole number";
        return range is null ? what : $"{what} from {Text(range.Minimum)} to {Text(range.Maximum)}";
    }

    private static string Text(object? value) =>
        value is TimeSpan duration ? Duration.Format(duration) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
