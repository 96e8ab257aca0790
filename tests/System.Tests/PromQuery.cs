using System.Text.RegularExpressions;

namespace OrleansWork.SystemTests;

/// <summary>What a PromQL query asks of a series, and the labels that it groups by.</summary>
/// <param name="Selectors">Each metric with the labels that it is selected by.</param>
/// <param name="Groupings">The labels after by, without, on, ignoring, group_left and group_right, and those that label_values lists.</param>
internal sealed partial record PromQuery(
    IReadOnlyList<(string Metric, IReadOnlyList<string> Labels)> Selectors,
    IReadOnlyList<string> Groupings
)
{
    private static readonly HashSet<string> s_grouping = new(StringComparer.Ordinal)
    {
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    };

    private static readonly HashSet<string> s_words = new(StringComparer.Ordinal) { "and", "or", "unless", "bool", "offset" };

    /// <summary>Reads a query, or a list of label values as dashboards ask for.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static PromQuery Parse(string query)
    {
        string[] tokens = [.. Token().Matches(query).Select(match => match.Value)];
        string left = Token().Replace(query, "");
        if (!string.IsNullOrWhiteSpace(left))
            throw new FormatException($"{query}: what is '{left.Trim()}'?");
        List<(string, IReadOnlyList<string>)> selectors = [];
        List<string> groupings = [];
        Stack<string> open = [];
        for (int i = 0; i < tokens.Length; i++)
        {
            string token = tokens[i];
            string next = i + 1 < tokens.Length ? tokens[i + 1] : "";
            if (token is "(" or "{" or "[")
                open.Push(token);
            else if (token is ")" or "}" or "]" && (!open.TryPop(out string? opening) || opening + token is not ("()" or "{}" or "[]")))
                throw new FormatException($"{query}: '{token}' closes nothing.");
            if (!Name().IsMatch(token) || s_words.Contains(token) || open.TryPeek(out string? inside) && inside == "[")
                continue;
            if (s_grouping.Contains(token) && next == "(")
            {
                int end = EndOf(")", i);
                groupings.AddRange(tokens[(i + 2)..end].Where(label => label != ","));
                i = end;
            }
            else if (token == "label_values")
            {
                int comma = Array.LastIndexOf(tokens, ",");
                groupings.Add(tokens[comma + 1]);
                tokens = [.. tokens[..comma], ")"];
            }
            else if (next == "{")
            {
                int end = EndOf("}", i);
                selectors.Add((token, [.. tokens[(i + 2)..end].Where(label => Name().IsMatch(label))]));
                i = end;
            }
            else if (next != "(" && !s_grouping.Contains(next))
                selectors.Add((token, []));
        }

        return open.Count == 0
            ? new PromQuery(selectors, groupings)
            : throw new FormatException($"{query}: '{open.Peek()}' is not closed.");

        int EndOf(string closing, int from)
        {
            int end = Array.IndexOf(tokens, closing, from);
            return end >= 0 ? end : throw new FormatException($"{query}: '{closing}' is missing.");
        }
    }

    [GeneratedRegex(
        """
            "[^"]*"|'[^']*'|[A-Za-z_:][A-Za-z0-9_:]*|\$\w+|[0-9]+(\.[0-9]+)?[smhdwy]?|=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],]
            """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        1000
    )]
    private static partial Regex Token();

    [GeneratedRegex("^[A-Za-z_:][A-Za-z0-9_:]*$", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
