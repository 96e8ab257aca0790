using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansWork.Silo.Hosting;

namespace OrleansWork.Silo.Tests.Hosting;

public sealed class LogLineTests
{
    private static readonly FakeTimeProvider s_time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    [Fact]
    public void Write_Event_IsOneLineWithItsTimeInUtc() =>
        Assert.Equal("2026-01-02T03:04:05.678Z warn: OrleansWork.X[7] job 1 ended\n", LineOf("job 1 ended"));

    [Theory]
    [InlineData("a\r\n2026-01-01T00:00:00.000Z crit: forged", "a 2026-01-01T00:00:00.000Z crit: forged")]
    [InlineData("a\nb", "a b")]
    [InlineData("a\rb", "a\\rb")]
    [InlineData("\u001b[2J\u0007\0\u007f\u009b", "\\u001b[2J\\u0007\\u0000\\u007f\\u009b")]
    [InlineData("ä 😀", "ä 😀")]
    public void Write_TextOfUsers_EndsNoLineAndMovesNoCursor(string text, string shown) =>
        Assert.Equal($"2026-01-02T03:04:05.678Z warn: OrleansWork.X[7] {shown}\n", LineOf(text));

    [Fact]
    public void Write_Exception_FollowsInTheSameLine()
    {
        string line = LineOf("it failed", new InvalidOperationException("first\nsecond\u001b[0m"));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        Assert.Contains("it failed System.InvalidOperationException: first second\\u001b[0m", line, StringComparison.Ordinal);
    }

    private static string LineOf(string message, Exception? exception = null)
    {
        using StringWriter line = new();
        LogEntry<string> entry = new(LogLevel.Warning, "OrleansWork.X", new EventId(7), message, exception, static (state, _) => state);
        new LogLine(s_time).Write(in entry, scopeProvider: null, line);
        return line.ToString();
    }
}
