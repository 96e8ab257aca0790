using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>The last lines that units of a job logged, and how far running ones said they are.</summary>
internal sealed class UnitNoteLog
{
    /// <summary>How many lines are kept.</summary>
    public const int MaxLines = 200;

    private readonly Queue<(string Silo, UnitNote Note)> _lines = new();

    /// <summary>Gets the lines, oldest first.</summary>
    public IEnumerable<(string Silo, UnitNote Note)> Lines => _lines;

    /// <summary>Takes what units of one silo said.</summary>
    public void Add(UnitNotes notes)
    {
        foreach (UnitNote note in notes.Notes)
        {
            _lines.Enqueue((notes.Silo.ToParsableString(), note));
            if (_lines.Count > MaxLines)
                _lines.Dequeue();
        }
    }
}
