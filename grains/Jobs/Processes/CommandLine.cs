using System.Text;

namespace OrleansWork.Jobs.Processes;

/// <summary>Splits a command into words as a POSIX shell does: blanks separate, quotes and backslashes protect; nothing is expanded.</summary>
internal static class CommandLine
{
    /// <summary>Splits a command.</summary>
    /// <exception cref="FormatException">A quote is not closed, or a backslash ends the command.</exception>
    public static IReadOnlyList<string> Split(string command)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool begun = false;
        char quote = '\0';
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            if (quote == '\'' ? c == quote : quote == '"' && c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\'')
            {
                word.Append(c);
            }
            else if (c == '\\' && (quote == '\0' || (i + 1 < command.Length && command[i + 1] is '"' or '\\' or '$' or '`')))
            {
                if (++i == command.Length)
                    throw new FormatException("The command ends with a backslash.");
                word.Append(command[i]);
                begun = true;
            }
            else if (quote == '\0' && c is '\'' or '"' && quote == '\0')
            {
                quote = c;
                begun = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (begun)
                    words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
            else
            {
                word.Append(c);
                begun = true;
            }
        }

        if (quote != '\0')
            throw new FormatException($"A quote ({quote}) in the command is not closed.");
        if (begun)
            words.Add(word.ToString());
        return words;
    }
}
