using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Execution;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class UnitNoteBufferTests
{
    [Fact]
    public void Log_OfAUnit_IsForwardedInAScopeOfJobUnitAndAttempt()
    {
        ScopedLogger logger = new();
        ILogger unit = new UnitNoteBuffer(logger, "j1", TimeProvider.System).GetLogger(7, attempt: 2);
        using (unit.BeginScope("the author's own"))
            unit.LogInformation("half way");

        (string text, object[] scopes) = Assert.Single(logger.Lines);
        Assert.Contains("half way", text, StringComparison.Ordinal);
        Assert.Equal("the author's own", scopes[0]);
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["JobId"] = "j1",
                ["Unit"] = 7L,
                ["Attempt"] = 2,
            },
            Assert.IsType<IEnumerable<KeyValuePair<string, object?>>>(scopes[1], exactMatch: false).ToDictionary()
        );
        Assert.Equal("job j1, unit 7, attempt 2", scopes[1].ToString());
    }

    [Fact]
    public void Log_OfAnException_EndsWithItsCauses()
    {
        ScopedLogger logger = new();
        ILogger unit = new UnitNoteBuffer(logger, "j1", TimeProvider.System).GetLogger(7, attempt: 2);
        unit.LogError(new IOException("no table", new FormatException("a digit")), "line {Line}", 12);
        Assert.EndsWith(
            "line 12 System.IO.IOException: no table ---> System.FormatException: a digit",
            Assert.Single(logger.Lines).Text,
            StringComparison.Ordinal
        );
    }

    private sealed class ScopedLogger : ILogger
    {
        private readonly List<object> _scopes = [];

        public List<(string Text, object[] Scopes)> Lines { get; } = [];

        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull
        {
            _scopes.Add(state);
            return new Ending(() => _scopes.RemoveAt(_scopes.Count - 1));
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add((formatter(state, exception), [.. _scopes]));

        private sealed class Ending(Action end) : IDisposable
        {
            public void Dispose() => end();
        }
    }
}
