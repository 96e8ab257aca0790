using System.Collections;
using System.Globalization;
using System.Text;

namespace OrleansWork.Engine.Execution;

/// <summary>What of a process code may change for everybody in it: current directory, console, the cultures that threads start with, environment, exit code.
/// Put back as it was at the start, where the process is the silo's alone.</summary>
/// <remarks>
/// This does not isolate units that run at the same time; it keeps what one leaves from those after it. A look costs some microseconds, system calls
/// mostly. So it is taken after every unit that lasts milliseconds and of every job that has changed something before, when a job begins, and
/// otherwise now and then after a lease. Safe for many threads.
/// </remarks>
internal sealed class ProcessState(TimeProvider time)
{
    private static readonly TimeSpan LeasePeriod = TimeSpan.FromMilliseconds(10);
    private readonly Lock _gate = new();
    private readonly string _directory = Environment.CurrentDirectory;
    private readonly Encoding _inputEncoding = Console.InputEncoding;
    private readonly Encoding _outputEncoding = Console.OutputEncoding;
    private readonly TextReader _in = Console.In;
    private readonly TextWriter _out = Console.Out;
    private readonly TextWriter _error = Console.Error;
    private readonly CultureInfo? _culture = CultureInfo.DefaultThreadCurrentCulture;
    private readonly CultureInfo? _uiCulture = CultureInfo.DefaultThreadCurrentUICulture;
    private readonly IDictionary _environment = Environment.GetEnvironmentVariables();
    private readonly int _exitCode = Environment.ExitCode;
    private long _lookedAt;

    /// <summary>Looks unless that was done a moment ago.</summary>
    public void PutBackNowAndThen()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= LeasePeriod)
            PutBack();
    }

    /// <summary>Puts back what was changed.</summary>
    /// <returns>Whether anything was.</returns>
    public bool PutBack()
    {
        lock (_gate)
        {
            bool changed =
                PutBackEncodings() | PutBackConsole() | PutBackCultures() | PutBackDirectory() | PutBackEnvironment() | PutBackExitCode();
            Volatile.Write(ref _lookedAt, time.GetTimestamp());
            return changed;
        }
    }

    /// <summary>Before readers and writers, which come anew with another encoding.</summary>
    private bool PutBackEncodings()
    {
        bool changed = false;
        if (!Equals(Console.InputEncoding, _inputEncoding))
        {
            Console.InputEncoding = _inputEncoding;
            changed = true;
        }

        if (!Equals(Console.OutputEncoding, _outputEncoding))
        {
            Console.OutputEncoding = _outputEncoding;
            changed = true;
        }

        return changed;
    }

    private bool PutBackExitCode()
    {
        if (Environment.ExitCode == _exitCode)
            return false;
        Environment.ExitCode = _exitCode;
        return true;
    }

    private bool PutBackConsole()
    {
        bool changed = false;
        if (!ReferenceEquals(Console.In, _in))
        {
            Console.SetIn(_in);
            changed = true;
        }

        if (!ReferenceEquals(Console.Out, _out))
        {
            Console.SetOut(_out);
            changed = true;
        }

        if (!ReferenceEquals(Console.Error, _error))
        {
            Console.SetError(_error);
            changed = true;
        }

        return changed;
    }

    private bool PutBackCultures()
    {
        bool same =
            ReferenceEquals(CultureInfo.DefaultThreadCurrentCulture, _culture)
            && ReferenceEquals(CultureInfo.DefaultThreadCurrentUICulture, _uiCulture);
        if (same)
            return false;
        CultureInfo.DefaultThreadCurrentCulture = _culture;
        CultureInfo.DefaultThreadCurrentUICulture = _uiCulture;
        return true;
    }

    private bool PutBackDirectory()
    {
        try
        {
            if (string.Equals(Environment.CurrentDirectory, _directory, StringComparison.Ordinal))
                return false;
            Environment.CurrentDirectory = _directory;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Either folder may be gone: then there is nothing to go back from, or to.
            TryLeaveDirectory();
        }

        return true;
    }

    private void TryLeaveDirectory()
    {
        try
        {
            Environment.CurrentDirectory = _directory;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody removed it; the silo itself has no use for it.
        }
    }

    private bool PutBackEnvironment()
    {
        IDictionary now = Environment.GetEnvironmentVariables();
        bool changed = false;
        foreach (DictionaryEntry variable in now)
        {
            if (string.Equals(_environment[variable.Key] as string, variable.Value as string, StringComparison.Ordinal))
                continue;
            Environment.SetEnvironmentVariable((string)variable.Key, _environment[variable.Key] as string);
            changed = true;
        }

        foreach (DictionaryEntry variable in _environment)
        {
            if (now.Contains(variable.Key))
                continue;
            Environment.SetEnvironmentVariable((string)variable.Key, (string?)variable.Value);
            changed = true;
        }

        return changed;
    }
}
