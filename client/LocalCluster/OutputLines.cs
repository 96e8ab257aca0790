using System.Text;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The lines that another process prints. Only a line feed ends one; a line of any length is taken in pieces.</summary>
internal static class OutputLines
{
    private const int MostChars = 16 * 1024;

    /// <summary>Reads until the end.</summary>
    public static async IAsyncEnumerable<string> ReadAsync(TextReader reader)
    {
        char[] buffer = new char[4096];
        StringBuilder line = new();
        while (await reader.ReadAsync(buffer) is var count and > 0)
        {
            int from = 0;
            while (from < count)
            {
                int end = Array.IndexOf(buffer, '\n', from, count - from);
                int to = Math.Min(end < 0 ? count : end, from + MostChars - line.Length);
                line.Append(buffer, from, to - from);
                bool ended = to == end;
                from = ended ? to + 1 : to;
                if (!ended && line.Length < MostChars)
                    continue;
                if (ended && line.Length > 0 && line[^1] == '\r')
                    line.Length--;
                yield return line.ToString();
                line.Clear();
            }
        }

        if (line.Length > 0)
            yield return line.ToString();
    }
}
