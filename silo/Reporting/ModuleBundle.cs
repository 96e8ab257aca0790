using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansWork.Silo.Reporting;

/// <summary>Makes one script of ES modules, so that a file can run them that was opened without a server.</summary>
/// <remarks>
/// Each module becomes a function that runs once and returns what it exports. It takes the modules of the page as they are written: an import is a line of its
/// own with names in braces or a default, exports are named at their declarations or in one list, and nothing that is exported changes afterwards.
/// </remarks>
internal sealed partial class ModuleBundle
{
    private readonly Func<string, string> _read;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly StringBuilder _script = new("\"use strict\";\n");

    private ModuleBundle(Func<string, string> read) => _read = read;

    /// <summary>Bundles a module with all that it imports.</summary>
    /// <param name="entry">Its path, such as <c>js/main.js</c>.</param>
    /// <param name="read">Reads a module by its path.</param>
    /// <exception cref="InvalidOperationException">A module is written otherwise, or imports itself by others.</exception>
    public static string Of(string entry, Func<string, string> read)
    {
        ModuleBundle bundle = new(read);
        bundle.Add(entry);
        string script = bundle._script.ToString();
        return script.Contains("</script", StringComparison.OrdinalIgnoreCase) || script.Contains("<!--", StringComparison.Ordinal)
            ? throw new InvalidOperationException($"{entry} or a module that it imports would end the script element that it is put into.")
            : script;
    }

    private int Add(string path)
    {
        if (_numbers.TryGetValue(path, out int known))
            return known;
        if (!_open.Add(path))
            throw new InvalidOperationException($"{path} imports itself, by way of others.");
        string text = Import().Replace(_read(path), import => Imported(path, import));
        List<string> exports = [];
        text = Declared()
            .Replace(
                text,
                export =>
                {
                    exports.Add(export.Groups["name"].Value);
                    return $"{export.Groups["declaration"].Value}{export.Groups["name"].Value}";
                }
            );
        text = Default()
            .Replace(
                text,
                _ =>
                {
                    exports.Add("default: $default");
                    return "const $default = function";
                }
            );
        text = Listed()
            .Replace(
                text,
                export =>
                {
                    foreach (
                        string name in export
                            .Groups["names"]
                            .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    )
                        exports.Add(name.Split(" as ") is [var own, var other] ? $"{other.Trim()}: {own.Trim()}" : name);
                    return "";
                }
            );
        if (Left().Match(text) is { Success: true } left)
            throw new InvalidOperationException($"{path} has what a report cannot take over: {left.Value.Trim()}");
        int number = _numbers.Count;
        _numbers.Add(path, number);
        _script.Append(
            CultureInfo.InvariantCulture,
            $"const $m{number} = (() => {{\n{text.Trim()};\nreturn {{ {string.Join(", ", exports)} }};\n}})();\n"
        );
        return number;
    }

    private string Imported(string from, Match import)
    {
        string path = new Uri(new Uri($"http://page/{from}"), import.Groups["path"].Value).AbsolutePath.TrimStart('/');
        int number = Add(path);
        string names = import.Groups["names"].Success
            ? $"{{{import.Groups["names"].Value.Replace(" as ", ": ", StringComparison.Ordinal)}}}"
            : $"{{ default: {import.Groups["default"].Value} }}";
        return string.Create(CultureInfo.InvariantCulture, $"const {names} = $m{number};");
    }

    [GeneratedRegex(
        """^import\s*(\{(?<names>[^}]*)\}|(?<default>\w+))\s*from\s*"(?<path>[^"]+)";?""",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex Import();

    [GeneratedRegex(
        @"^export (?<declaration>(async function|function|class|const) )(?<name>[\w$]+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex Declared();

    [GeneratedRegex(@"\bexport default function\b", RegexOptions.None, 1000)]
    private static partial Regex Default();

    [GeneratedRegex(@"\bexport\s*\{(?<names>[^}]*)\};?\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listed();

    [GeneratedRegex(@"^\s*(?:import|export)\b.*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Left();
}
