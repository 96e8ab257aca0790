using System.Globalization;
using System.Text;

namespace OrleansWork.Silo.Hosting;

/// <summary>What is printed in this process, on its way to the log: control characters become escapes, so that no text moves a cursor or hides a line.
/// Lines stay lines.</summary>
/// <remarks>Not for two threads at once. To dispose of it changes nothing: job code may do that with <c>Console.Out</c>.</remarks>
internal sealed class PrintedText(Stream log) : TextWriter(CultureInfo.InvariantCulture)
{
    private readonly StreamWriter _log = new(log, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = false };
    private bool _returned;

    /// <summary>Returns how a control character is shown.</summary>
    public static string EscapeOf(char c) =>
        c switch
        {
            '\r' => "\\r",
            '\t' => "\\t",
            _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        };

    /// <inheritdoc/>
    public override Encoding Encoding => _log.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Put(value);
        Write("\n");
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        Put(buffer);
        _log.Flush();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        PutReturn();
        _log.Flush();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Flush();
        base.Dispose(disposing);
    }

    private void Put(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c == '\n')
                _returned = false;
            else
                PutReturn();
            if (c == '\r')
                _returned = true;
            else if (c != '\n' && char.IsControl(c))
                PutEscape(c);
            else
                _log.Write(c);
        }
    }

    /// <summary>A carriage return is part of a line's end only if that follows.</summary>
    private void PutReturn()
    {
        if (_returned)
            PutEscape('\r');
        _returned = false;
    }

    private void PutEscape(char c) => _log.Write(EscapeOf(c));
}
