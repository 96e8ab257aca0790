using System.Collections.Immutable;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>The last lines that units of a job logged, and how far running ones said they are. Bounded in lines and in characters.</summary>
/// <param name="added">Is called when lines were added.</param>
internal sealed class UnitNoteLog(Action? added = null)
{
    /// <summary>How many lines are kept.</summary>
    public const int MaxLines = 200;

    /// <summary>How many characters the lines have at most, all together.</summary>
    public const int MaxCharacters = 256 * 1024;

    // Numbers that a lost coordinator may have given after it last stored the log: a reader that has them must not miss what follows.
    private const int NumbersSkipped = 100_000;

    private readonly List<UnitLogEntry> _lines = [];
    private int _characters;

    /// <summary>Gets the number of the newest line, 0 when there was none.</summary>
    public long Last { get; private set; }

    /// <summary>Takes what an earlier coordinator of the job stored, as older than what is here.</summary>
    public void Restore(JobLog stored)
    {
        UnitLogEntry[] newer = [.. _lines];
        _lines.Clear();
        _characters = 0;
        Last = Math.Max(Last, stored.Last + NumbersSkipped);
        foreach (UnitLogEntry entry in stored.Lines)
            Append(entry);
        foreach (UnitLogEntry entry in newer)
            Append(entry with { Number = ++Last });
    }

    /// <summary>Takes what units of one silo said; of a unit's progress only the newest is kept.</summary>
    public void Add(UnitNotes notes)
    {
        string silo = notes.Silo.ToParsableString();
        foreach (UnitNote note in notes.Notes)
        {
            if (note.Level < 0)
                DropProgressOf(note.Unit);
            Append(new UnitLogEntry(++Last, silo, note));
        }

        added?.Invoke();
    }

    /// <summary>Returns the lines after a number, oldest first.</summary>
    /// <param name="number">The number of the last line that the caller has.</param>
    /// <param name="unit">Only of this unit, or null.</param>
    public ImmutableArray<UnitLogEntry> After(long number, long? unit) =>
        [.. _lines.Where(entry => entry.Number > number && (unit is null || entry.Note.Unit == unit))];

    private void Append(UnitLogEntry entry)
    {
        _lines.Add(entry);
        _characters += entry.Note.Text.Length;
        int dropped = 0;
        while (_lines.Count - dropped > MaxLines || (_characters > MaxCharacters && _lines.Count - dropped > 1))
            _characters -= _lines[dropped++].Note.Text.Length;
        _lines.RemoveRange(0, dropped);
    }

    private void DropProgressOf(long unit)
    {
        int at = _lines.FindLastIndex(entry => entry.Note.Level < 0 && entry.Note.Unit == unit);
        if (at < 0)
            return;
        _characters -= _lines[at].Note.Text.Length;
        _lines.RemoveAt(at);
    }
}
