using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>The last that units of one job said since it was last asked: bounded in lines and bytes, so that a unit that logs in a loop floods nothing.</summary>
internal sealed class UnitNoteBuffer(ILogger logger, string jobId, TimeProvider time)
{
    // With the mark of a cut and a unit's progress as many as a coordinator keeps.
    private const int MaxLines = 198;
    private const int MaxLineBytes = 8 * 1024;
    private const int MaxCharacters = 256 * 1024;
    private readonly Lock _gate = new();
    private readonly Queue<UnitNote> _lines = new();
    private Dictionary<long, UnitNote> _progress = [];
    private int _characters;
    private int _dropped;
    private volatile bool _any;

    public ILogger GetLogger(long unit, int attempt) => new UnitLogger(this, unit, attempt);

    public void Progress(long unit, int attempt, double fraction, string? message)
    {
        UnitNote note = new(unit, attempt, time.GetUtcNow().UtcTicks, -1, BoundedText.Cut(message ?? "", MaxLineBytes), fraction);
        lock (_gate)
        {
            if (_progress.Count < MaxLines || _progress.ContainsKey(unit))
                _progress[unit] = note;
            _any = true;
        }
    }

    public ImmutableArray<UnitNote> Take()
    {
        if (!_any)
            return [];
        lock (_gate)
        {
            ImmutableArray<UnitNote>.Builder notes = ImmutableArray.CreateBuilder<UnitNote>(_lines.Count + _progress.Count + 1);
            if (_dropped > 0)
            {
                UnitNote first = _lines.Peek();
                notes.Add(first with { Level = (int)LogLevel.Warning, Text = $"({_dropped} lines were dropped here: too many at once)" });
            }

            notes.AddRange(_lines);
            notes.AddRange(_progress.Values);
            _lines.Clear();
            (_progress, _characters, _dropped, _any) = ([], 0, 0, false);
            return notes.ToImmutable();
        }
    }

    private void Add(long unit, int attempt, LogLevel level, string text)
    {
        UnitNote note = new(unit, attempt, time.GetUtcNow().UtcTicks, (int)level, BoundedText.Cut(text, MaxLineBytes), 0);
        lock (_gate)
        {
            _any = true;
            _lines.Enqueue(note);
            _characters += note.Text.Length;
            while (_lines.Count > MaxLines || _characters > MaxCharacters)
            {
                _characters -= _lines.Dequeue().Text.Length;
                _dropped++;
            }
        }
    }

    private sealed class UnitLogger(UnitNoteBuffer buffer, long unit, int attempt) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => buffer.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (!IsEnabled(logLevel))
                return;
            string text = formatter(state, exception);
            if (exception is not null)
            {
                FailureRecord failure = FailureRecords.From(exception, unit);
                text = $"{text} {failure.Type}: {failure.Message}";
            }

            buffer.Add(unit, attempt, logLevel, text);
            buffer.Forward(unit, attempt, text);
        }
    }

    private IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    private void Forward(long unit, int attempt, string text)
    {
        if (!logger.IsEnabled(LogLevel.Debug))
            return;
        using IDisposable? scope = logger.BeginScope(new UnitScope(jobId, unit, attempt));
        ComputePoolLog.UnitSaid(logger, jobId, unit, attempt, text);
    }
}
