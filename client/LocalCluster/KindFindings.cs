using System.Collections.Concurrent;
using OrleansWork.Console.Output;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Says what silos find about job kinds while their jobs run: one finding a kind, however many silos have it.</summary>
internal sealed class KindFindings(TextWriter log)
{
    private const string Lead = "found ";
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    /// <summary>Takes a line of a silo, where it is of the form <c>found KIND: SENTENCE</c>.</summary>
    public void Take(string line)
    {
        if (!line.StartsWith(Lead, StringComparison.Ordinal))
            return;
        string finding = line[Lead.Length..];
        string kind = finding[..Math.Max(0, finding.IndexOf(':', StringComparison.Ordinal))];
        if (_told.TryAdd(kind, true))
            log.WriteLine($"warning: job kind {Printable.Escape(finding)}");
    }
}
