using OrleansWork.Silo.Settings;

namespace OrleansWork.Silo.Hosting;

/// <summary>Reads the silo's command line into configuration keys.</summary>
internal static class CommandLine
{
    /// <summary>Reads <c>--key value</c>, <c>--key=value</c> and flags; a repeated option adds to a list.</summary>
    /// <param name="arguments">The arguments of the process.</param>
    /// <param name="problems">Where to add what is wrong.</param>
    /// <returns>Configuration keys and values.</returns>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> arguments, ICollection<string> problems)
    {
        Dictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                problems.Add($"'{argument}' is not an option: settings are written --name value.");
                continue;
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            string? key = SettingKeys.Find(name);
            bool passedOn =
                key is null
                && (name.Contains(':', StringComparison.Ordinal) || SettingKeys.Host.Contains(name, StringComparer.OrdinalIgnoreCase));
            if (key is null && !passedOn)
            {
                string? near = Suggestions.Nearest(name.Replace("-", "", StringComparison.Ordinal), SettingKeys.All.Keys);
                problems.Add($"--{name} is not an option." + (near is null ? "" : $" Did you mean {SettingKeys.ToOption(near)}?"));
                if (equals < 0 && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                    i++;
                continue;
            }

            bool flag = key is not null && SettingKeys.All[key];
            string? value;
            if (equals >= 0)
                value = argument[(equals + 1)..];
            else if (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                value = arguments[++i];
            else if (flag)
                value = "true";
            else
            {
                problems.Add($"--{name} needs a value.");
                continue;
            }

            if (key == SettingKeys.Secret)
            {
                problems.Add(
                    $"--{name} is an option that every user of the machine could read in the list of processes; set OrleansWork__Secret in the environment, or name a file by --secret-file."
                );
                continue;
            }

            string path = key is null ? name : $"{SettingKeys.Section}:{key}";
            bool list = key is not null && SettingKeys.Lists.Contains(key);
            values[path] = list && values.TryGetValue(path, out string? earlier) ? $"{earlier}\n{value}" : value;
        }

        return values;
    }
}
