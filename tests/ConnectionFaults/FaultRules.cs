using System.Globalization;

namespace OrleansWork.ConnectionFaults;

/// <summary>What is done to connections at present: lines of a file that the test rewrites as a whole.</summary>
/// <remarks>
/// <c>delay MILLISECONDS</c> delays what goes through connections that this silo opened, both ways; <c>drop *</c> holds back all, as a cut cable
/// does, <c>drop-in *</c> what comes in and <c>drop-out *</c> what goes out; <c>drop HOST:PORT</c> holds back what goes through the connection that this silo opened to that address; <c>reset WORD</c> resets all
/// connections once per word.
/// </remarks>
internal sealed class FaultRules : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private readonly string _file;
    private readonly Timer _timer;
    private volatile Rules _rules = new(0, [], false, false, "");

    public FaultRules(string file)
    {
        _file = file;
        Read();
        _timer = new Timer(static rules => ((FaultRules)rules!).Read(), this, Period, Period);
    }

    /// <summary>Gets the delay of what goes through a connection.</summary>
    public TimeSpan DelayOf(bool isOutbound) => TimeSpan.FromMilliseconds(isOutbound ? _rules.DelayMs : 0);

    /// <summary>Returns whether nothing gets through a connection one way.</summary>
    public bool IsCut(string? peer, bool incoming)
    {
        Rules rules = _rules;
        return Array.Exists(rules.Dropped, d => d == "*" || d == peer) || (incoming ? rules.DropsIn : rules.DropsOut);
    }

    /// <summary>Gets the word of the last reset.</summary>
    public string Reset => _rules.Reset;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Read()
    {
        try
        {
            string[][] lines = [.. File.ReadAllLines(_file).Select(l => l.Split(' ')).Where(w => w.Length == 2)];
            string Last(string word) => lines.LastOrDefault(l => l[0] == word)?[1] ?? "";
            _rules = new Rules(
                int.TryParse(Last("delay"), NumberStyles.None, CultureInfo.InvariantCulture, out int delay) ? delay : 0,
                [.. lines.Where(l => l[0] == "drop").Select(l => l[1])],
                Last("drop-in") == "*",
                Last("drop-out") == "*",
                Last("reset")
            );
        }
        catch (IOException)
        {
            // Being rewritten: the next turn reads it.
        }
    }

    private sealed record Rules(int DelayMs, string[] Dropped, bool DropsIn, bool DropsOut, string Reset);
}
