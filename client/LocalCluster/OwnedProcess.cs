using System.Diagnostics;

namespace OrleansWork.Console.LocalCluster;

/// <summary>A child process with pipes on all three sides: its output goes to a log, its input ends it.</summary>
internal sealed class OwnedProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task _reading;

    private OwnedProcess(Process process, ProcessLog log, Action<string> onOutput)
    {
        _process = process;
        Id = process.Id;
        StartedAt = ProcessIdentity.StartOf(process);
        _reading = Task.WhenAll(PumpAsync(process.StandardOutput, log, onOutput), PumpAsync(process.StandardError, log, null));
    }

    /// <summary>Gets the process id.</summary>
    public int Id { get; }

    /// <summary>Gets when it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Gets the exit code, once <see cref="WaitAsync"/> has completed.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a process.</summary>
    /// <param name="start">The program and its arguments.</param>
    /// <param name="log">Takes every line of both outputs.</param>
    /// <param name="onOutput">Is called with every line of standard output.</param>
    /// <exception cref="LocalClusterException">The program could not be started.</exception>
    public static OwnedProcess Start(ProcessStartInfo start, ProcessLog log, Action<string> onOutput)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        log.Begin($"--- {Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}");
        try
        {
            return new OwnedProcess(Process.Start(start)!, log, onOutput);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new LocalClusterException(3, $"{start.FileName} could not be started: {exception.Message}");
        }
    }

    /// <summary>Waits until it has ended and all that it wrote is in the log.</summary>
    public async Task WaitAsync()
    {
        await _process.WaitForExitAsync();

        // A grandchild may hold the pipes open for longer.
        await Task.WhenAny(_reading, Task.Delay(TimeSpan.FromSeconds(1)));
    }

    /// <summary>Writes a line to its input.</summary>
    public void Tell(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Closes its input, which ends it.</summary>
    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Waits for its end and kills it with all its children when that takes longer.</summary>
    public async Task EndWithinAsync(TimeSpan bound)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(bound);
        }
        catch (TimeoutException)
        {
            Kill();
        }

        await WaitAsync();
    }

    /// <summary>Kills it with all its children.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception)
            when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It has ended.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private static async Task PumpAsync(StreamReader reader, ProcessLog log, Action<string>? onLine)
    {
        try
        {
            await foreach (string line in OutputLines.ReadAsync(reader))
            {
                log.Write(line);
                onLine?.Invoke(line);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The process has ended.
        }
    }
}
