using System.Diagnostics;
using System.Text;

namespace OrleansWork.SystemTests.Processes;

/// <summary>A program under test; disposing kills it and its children.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _reading;

    private RunningProgram(Process process, bool readsOutput)
    {
        _process = process;
        Task output = readsOutput ? ReadAsync(process.StandardOutput, _output) : Task.CompletedTask;
        _reading = Task.WhenAll(output, ReadAsync(process.StandardError, _error));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Error => Text(_error);

    public static RunningProgram Start(
        string program,
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    ) => StartIn(Environment.CurrentDirectory, program, arguments, environment);

    /// <summary>Starts a program in a folder.</summary>
    public static RunningProgram StartIn(
        string directory,
        string program,
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    ) => Start(directory, Programs.Dotnet, [program, .. arguments], environment);

    /// <summary>Starts a program that is not of .NET.</summary>
    public static RunningProgram StartProgram(
        string program,
        IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment
    ) => Start(Environment.CurrentDirectory, program, arguments, environment);

    /// <summary>Starts a program whose output nobody reads but the test, line by line.</summary>
    public static (RunningProgram Program, StreamReader Output) StartUnread(string program, IEnumerable<string> arguments)
    {
        RunningProgram started = Start(Environment.CurrentDirectory, Programs.Dotnet, [program, .. arguments], [], readsOutput: false);
        return (started, started._process.StandardOutput);
    }

    private static RunningProgram Start(
        string directory,
        string file,
        IEnumerable<string> arguments,
        IEnumerable<(string Name, string Value)> environment,
        bool readsOutput = true
    )
    {
        ProcessStartInfo start = new(file, arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the shell that runs the tests has set is not under test.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("ORLEANSWORK", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.Environment.Remove("ASPNETCORE_URLS");
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new RunningProgram(Process.Start(start)!, readsOutput);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitCodeAsync(TimeSpan? ceiling = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(ceiling ?? Eventually.Ceiling);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException(
                $"{string.Join(' ', _process.StartInfo.ArgumentList)} still runs. Output: {Output} Error: {Error}",
                exception
            );
        }

        // What is still in the pipes; a child that inherited them must not hold the test up.
        await Task.WhenAny(_reading, Task.Delay(TimeSpan.FromSeconds(2)));
        return _process.ExitCode;
    }

    /// <summary>SIGKILL to this process alone.</summary>
    public void Kill() => _process.Kill();

    public void Signal(int signal) => Signals.Send(_process.Id, signal);

    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Writes a line to its standard input.</summary>
    public void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Writes to its standard input as it is.</summary>
    public void Type(string keys)
    {
        _process.StandardInput.Write(keys);
        _process.StandardInput.Flush();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string Text(StringBuilder builder)
    {
        lock (builder)
            return builder.ToString();
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder builder)
    {
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer) is > 0 and int count)
        {
            lock (builder)
                builder.Append(buffer, 0, count);
        }
    }
}
