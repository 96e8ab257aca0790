using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Where the console writes: results to the output, everything else to the error stream.</summary>
internal sealed class Terminal
{
    /// <summary>Columns of a table that goes to a pipe or a file: wide enough that nothing is cut.</summary>
    private const int WidthOfPipes = 240;

    private readonly Stream _outStream;
    private readonly bool _color;
    private IAnsiConsole? _outConsole;
    private IAnsiConsole? _errorConsole;

    public Terminal(Stream outStream, TextWriter error, bool outIsTerminal, bool errorIsTerminal, bool color)
    {
        _outStream = outStream;
        Out = new StreamWriter(outStream, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
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

    /// <summary>Gives the process writers that send a terminal what is written and nothing else.</summary>
    /// <remarks>
    /// The runtime's own streams first put the keypad of a terminal into another mode, so that a document printed there would not be the
    /// document alone. Called before anything else uses the console.
    /// </remarks>
    public static void UsePlainStreams()
    {
        System.Console.SetOut(new StreamWriter(OpenOut()) { AutoFlush = true });
        System.Console.SetError(
            new StreamWriter(Open(2, System.Console.IsErrorRedirected, System.Console.OpenStandardError)) { AutoFlush = true }
        );
    }

    /// <summary>Opens the process' own streams.</summary>
    public static Terminal OfProcess(Func<string, string?> environment) =>
        new(
            OpenOut(),
            System.Console.Error,
            !System.Console.IsOutputRedirected,
            !System.Console.IsErrorRedirected,
            string.IsNullOrEmpty(environment("NO_COLOR"))
        );

    /// <summary>Says something beside the result.</summary>
    public void Note(string text) => Error.WriteLine(Printable.Escape(text));

    /// <summary>Says in one line what went wrong.</summary>
    public void Fail(string message) => Error.WriteLine($"error: {Printable.Escape(message)}");

    /// <summary>Says what went wrong, with lines of a log below.</summary>
    public void FailWithLog(string message)
    {
        string[] lines = message.ReplaceLineEndings("\n").Split('\n');
        Fail(lines[0]);
        foreach (string line in lines.AsSpan(1))
            Note(line);
    }

    /// <summary>Warns in one line.</summary>
    public void Warn(string message) => Error.WriteLine($"warning: {Printable.Escape(message)}");

    /// <summary>Writes a line of the result.</summary>
    public void Print(string line = "") => Out.WriteLine(Printable.Escape(line));

    /// <summary>Writes lines that are safe as they are, such as JSON.</summary>
    public void PrintLines(string lines) => Out.WriteLine(lines);

    /// <summary>Writes lines of our own making to the error stream as they are, such as a stack trace.</summary>
    public void Trace(string? lines) => Error.WriteLine(lines);

    /// <summary>Writes a table of the result; what is wider than the terminal goes on in its next line, as nothing of it may be missing.</summary>
    public void WriteTable(IRenderable table)
    {
        Profile profile = OutConsole.Profile;
        profile.Width = Math.Max(profile.Width, table.Measure(RenderOptions.Create(OutConsole, profile.Capabilities), short.MaxValue).Max);
        OutConsole.Write(table);
    }

    /// <summary>Writes one JSON document on one line of the output.</summary>
    public void WriteDocument<T>(T document)
    {
        JsonSerializer.Serialize(_outStream, document, OrleansWorkJson.Documents);
        _outStream.WriteByte((byte)'\n');
        _outStream.Flush();
    }

    /// <summary>Writes bytes to the output as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> content)
    {
        _outStream.Write(content);
        _outStream.Flush();
    }

    /// <summary>Shows the cursor again that a live view may have hidden.</summary>
    public void Restore()
    {
        if (ErrorIsTerminal)
            Error.Write("\u001b[?25h");
    }

    private static Stream OpenOut() => Open(1, System.Console.IsOutputRedirected, System.Console.OpenStandardOutput);

    // Only of a terminal: in a file, a stream of our own would not share its position with the other one.
    private static Stream Open(int descriptor, bool isRedirected, Func<Stream> standard) =>
        isRedirected || OperatingSystem.IsWindows()
            ? standard()
            : new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);

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
}
