using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Where the console writes: results to the output, everything else to the error stream.</summary>
/// <remarks>What the output does not take is an <see cref="OutputException"/>; what the error stream does not take is lost.</remarks>
internal sealed class Terminal
{
    // Nothing is broken into lines where nobody looks at them.
    private const int WidthOfPipes = short.MaxValue * 1024;

    // Below the first line's "error: ".
    private const string Below = "       ";

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(200);

    private readonly Stream _outStream;
    private readonly Func<bool> _readerIsGone;
    private readonly bool _color;
    private IAnsiConsole? _outConsole;
    private IAnsiConsole? _errorConsole;
    private volatile LiveView? _live;
    private volatile FullScreen? _screen;

    public Terminal(
        Stream outStream,
        TextWriter error,
        bool outIsTerminal,
        bool errorIsTerminal,
        bool color,
        Func<bool>? readerIsGone = null
    )
    {
        _outStream = new CheckedStream(outStream);
        _readerIsGone = readerIsGone ?? (() => false);
        Out = new StreamWriter(_outStream, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
        Error = error;
        OutIsTerminal = outIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
        _color = color;
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    public bool OutIsTerminal { get; }

    /// <summary>Gets whether progress is shown.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Gets the output for tables that are the result.</summary>
    public IAnsiConsole OutConsole => _outConsole ??= Create(Out, OutIsTerminal);

    /// <summary>Gets the error stream for progress.</summary>
    public IAnsiConsole ErrorConsole => _errorConsole ??= Create(Error, ErrorIsTerminal);

    /// <summary>Gives the process writers for what programs that serve others say; what nobody takes is lost.</summary>
    /// <remarks>
    /// The runtime's own streams first put the keypad of a terminal into another mode, so that a document printed there would not be the
    /// document alone. Called before anything else uses the console.
    /// </remarks>
    public static void UsePlainStreams()
    {
        System.Console.SetOut(Tolerant(1));
        System.Console.SetError(Tolerant(2));

        static StreamWriter Tolerant(int descriptor) => new(new TolerantStream(StandardStream.Open(descriptor))) { AutoFlush = true };
    }

    /// <summary>Opens the process' own streams.</summary>
    public static Terminal OfProcess(Func<string, string?> environment) =>
        new(
            StandardStream.Open(1),
            System.Console.Error,
            !System.Console.IsOutputRedirected,
            !System.Console.IsErrorRedirected,
            string.IsNullOrEmpty(environment("NO_COLOR")),
            () => Posix.IsHere && Posix.IsHungUp(1)
        );

    /// <summary>Says something beside the result.</summary>
    public void Note(string text) => Say(Printable.Escape(text));

    /// <summary>Says in one line what went wrong.</summary>
    public void Fail(string message) => Say($"error: {Printable.Escape(message)}");

    /// <summary>Says what went wrong, each thing in a line of its own.</summary>
    public void Fail(IReadOnlyList<string> problems)
    {
        Fail(problems[0]);
        foreach (string problem in problems.Skip(1))
            Note($"{Below}{problem}");
    }

    /// <summary>Says what went wrong, with lines of a log below.</summary>
    public void FailWithLog(string message)
    {
        string[] lines = message.ReplaceLineEndings("\n").Split('\n');
        Fail(lines[0]);
        foreach (string line in lines.AsSpan(1))
            Note(line);
    }

    /// <summary>Warns in one line.</summary>
    public void Warn(string message) => Say($"warning: {Printable.Escape(message)}");

    /// <summary>Writes a line of the result.</summary>
    public void Print(string line = "") => Out.WriteLine(Printable.Escape(line));

    /// <summary>Writes lines that are safe as they are, such as JSON.</summary>
    public void PrintLines(string lines) => Out.WriteLine(lines);

    /// <summary>Writes lines of our own making to the error stream as they are, such as a stack trace.</summary>
    public void Trace(string? lines) => Say(lines ?? "");

    /// <summary>Writes a table or page of the result: as wide as the terminal, and elsewhere as wide as it is, without blanks at the end of lines.</summary>
    public void WriteTable(IRenderable page)
    {
        if (OutIsTerminal)
        {
            OutConsole.Write(page);
            return;
        }

        foreach (SegmentLine line in Segment.SplitLines(page.GetSegments(OutConsole)))
            Out.WriteLine(string.Concat(line.Where(segment => !segment.IsControlCode).Select(segment => segment.Text)).TrimEnd(' '));
    }

    /// <summary>Writes one JSON document on one line of the output.</summary>
    public void WriteDocument<T>(T document) => Whole(() => WriteJson(document));

    /// <summary>Writes one of many JSON documents, each on a line of its own.</summary>
    public void WriteJsonLine<T>(T document) => WriteJson(document);

    /// <summary>Writes bytes to the output that are of use only as a whole.</summary>
    public void WriteBytes(ReadOnlyMemory<byte> content) => Whole(() => _outStream.Write(content.Span));

    /// <summary>Writes whole lines to the output as they are.</summary>
    public void WriteLines(ReadOnlySpan<byte> lines) => _outStream.Write(lines);

    /// <summary>Returns a token that is cancelled when nobody reads the output any more, also while nothing is written.</summary>
    public CancellationTokenSource WatchReader(TimeProvider time)
    {
        ReaderWatch watch = new();
        watch.Timer = time.CreateTimer(
            _ =>
            {
                if (_readerIsGone())
                    watch.TryCancel();
            },
            null,
            TimeSpan.Zero,
            LookPeriod
        );
        return watch;
    }

    /// <summary>Shows something on the error stream that changes, and keeps it below what is said meanwhile.</summary>
    /// <param name="act">Does the work; shows by its argument.</param>
    public async Task<T> LiveAsync<T>(Func<Action<IRenderable>, Task<T>> act)
    {
        LiveView view = new(ErrorConsole, Error);
        _live = view;
        try
        {
            return await act(view.Show);
        }
        finally
        {
            _live = null;
            view.End();
        }
    }

    /// <summary>Gets whether what is on the output's terminal can be changed in place.</summary>
    public bool OutRedraws => OutIsTerminal && OutConsole.Profile.Capabilities.Ansi;

    /// <summary>Takes the output's whole terminal; what is said meanwhile is said when it is given back.</summary>
    public FullScreen TakeScreen() => _screen = new FullScreen(Out, LeaveScreen);

    /// <summary>Leaves a terminal as it was found: the cursor is there again, below what was shown, and nothing is shown any more.</summary>
    public void Leave()
    {
        _live?.End();
        _screen?.Dispose();
    }

    /// <summary>Ends the output.</summary>
    /// <returns>The exit code: another when it turns out that not all was taken.</returns>
    public int Close(int exitCode)
    {
        try
        {
            Out.Flush();
            _outStream.Dispose();
            return exitCode;
        }
        catch (OutputException exception) when (exitCode == ExitCode.Done && !exception.ReaderIsGone)
        {
            Fail(exception.Message);
            return ExitCode.OutputFailed;
        }
        catch (OutputException)
        {
            return exitCode;
        }
    }

    private void LeaveScreen(FullScreen screen)
    {
        _screen = null;
        foreach (string line in screen.Said)
            Error.WriteLine(line);
    }

    private void Say(string line)
    {
        if (_live is { } view)
            view.Say(line);
        else if (_screen is { } screen)
            screen.Say(line);
        else
            Error.WriteLine(line);
    }

    private void WriteJson<T>(T document)
    {
        using MemoryStream line = new();
        JsonSerializer.Serialize(line, document, OrleansWorkJson.Documents);
        line.WriteByte((byte)'\n');
        _outStream.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
    }

    private static void Whole(Action write)
    {
        try
        {
            write();
        }
        catch (OutputException exception)
        {
            exception.CutsDocument = true;
            throw;
        }
    }

    private IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = isTerminal && _color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            }
        );
        if (!isTerminal)
            console.Profile.Width = WidthOfPipes;
        return console;
    }

    private sealed class ReaderWatch : CancellationTokenSource
    {
        public ITimer? Timer { get; set; }

        public void TryCancel()
        {
            try
            {
                Cancel();
            }
            catch (ObjectDisposedException)
            {
                // Nobody waits any more.
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                Timer?.Dispose();
            base.Dispose(disposing);
        }
    }
}
