using System.Runtime.InteropServices;
using System.Text;

namespace OrleansWork.Silo.Hosting;

/// <summary>The pipes by which a silo and whoever started it speak, moved to descriptors of their own, so that job code and its children neither read
/// the commands nor say what only the silo may say.</summary>
/// <remarks>
/// What they have instead: standard input is at its end, and standard output goes where standard error goes, to the log, with control characters
/// escaped where it is written in this process. The new descriptors are closed in children. On Windows only this process' own
/// <see cref="System.Console"/> is changed.
/// </remarks>
internal sealed partial class SupervisorChannel
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;
    private readonly Lock _saying = new();
    private readonly StreamWriter _output;

    private SupervisorChannel(TextReader commands, StreamWriter output)
    {
        Commands = commands;
        _output = output;
    }

    /// <summary>Gets the lines that the supervisor says.</summary>
    public TextReader Commands { get; }

    /// <summary>Takes the pipes; before anything else uses them.</summary>
    public static SupervisorChannel Take()
    {
        UTF8Encoding encoding = new(encoderShouldEmitUTF8Identifier: false);
        SupervisorChannel channel = new(
            new StreamReader(OpenInput(), encoding),
            new StreamWriter(System.Console.OpenStandardOutput(), encoding)
        );
        if (!OperatingSystem.IsWindows())
        {
            using (SafeHandle none = File.OpenHandle("/dev/null"))
                _ = Duplicate((int)none.DangerousGetHandle(), Input);
            _ = Duplicate(Error, Output);
        }

        TextWriter log = TextWriter.Synchronized(new PrintedText(System.Console.OpenStandardError()));
        System.Console.SetIn(TextReader.Null);
        System.Console.SetOut(log);
        System.Console.SetError(log);
        return channel;
    }

    /// <summary>Says a line to the supervisor.</summary>
    public void Say(string line)
    {
        lock (_saying)
        {
            _output.WriteLine(line);
            _output.Flush();
        }
    }

    // Both streams have a descriptor of their own from here on; but a terminal's would be read by the console's line editor, from standard input.
    private static Stream OpenInput() =>
        OperatingSystem.IsWindows() || System.Console.IsInputRedirected
            ? System.Console.OpenStandardInput()
            : new FileStream("/dev/stdin", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Duplicate(int descriptor, int target);
}
