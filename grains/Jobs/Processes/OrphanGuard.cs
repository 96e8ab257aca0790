using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace OrleansWork.Jobs.Processes;

/// <summary>Ends what this process has started and removes its folders when this process itself is killed and can do neither.</summary>
/// <remarks>
/// A small shell process holds the other end of a pipe. When the pipe closes, its owner has ended, however that happened; then every process
/// whose environment has the owner's token is killed: all descendants inherit it, those too that have left their session or lost their
/// parent. A token needs no registration, so no moment between starting and registering can be missed. Linux only: elsewhere a
/// silo that is killed leaves its commands running. Only what clears its environment on purpose escapes.
/// </remarks>
internal sealed class OrphanGuard
{
    private const string Variable = "ORLEANSWORK_OWNER";

    private const string Shell = "/bin/sh";

    // $1: VARIABLE=token, $2: the folder. Signals are for the owner: the guard ends with it, not before. GNU's grep searches all of /proc at
    // once; others end a line at the first null character and are handed lines.
    private const string Script = """
        trap '' INT TERM HUP QUIT
        exec >/dev/null 2>&1
        cd /
        while read -r _; do :; done
        if grep --version | grep -q GNU; then
          owned() { grep -lsaF "$1" /proc/[0-9]*/environ; }
        else
          owned() { for e in /proc/[0-9]*/environ; do tr '\0' '\n' <"$e" | grep -qF "$1" && echo "$e"; done; }
        fi
        quiet=0 round=0
        while [ $quiet -lt 3 ] && [ $round -lt 100 ]; do
          quiet=$((quiet + 1)) round=$((round + 1))
          for environ in $(owned "$1"); do
            pid=${environ#/proc/}
            kill -9 "${pid%/environ}" && quiet=0
          done
          sleep 0.1
        done
        rm -rf "$2"
        """;

    private static readonly Lock Gate = new();
    private static OrphanGuard? _current;

    private readonly Process _shell;
    private readonly string _token;
    private readonly string _folder;

    private OrphanGuard(Process shell, string token, string folder) => (_shell, _token, _folder) = (shell, token, folder);

    /// <summary>Returns the guard of this process, started at the first need and again when it was ended by others.</summary>
    /// <returns>Null where there is no /proc or no shell.</returns>
    public static OrphanGuard? Current()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Shell))
            return null;
        lock (Gate)
        {
            if (_current is { _shell.HasExited: false })
                return _current;
            string token = _current?._token ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
            string folder = _current?._folder ?? Directory.CreateTempSubdirectory("orleanswork-exec-").FullName;
            _current?._shell.Dispose();
            return _current = Start(token, folder);
        }
    }

    /// <summary>Makes a folder for one process, which is removed at the latest with the owner.</summary>
    public DirectoryInfo CreateFolder()
    {
        DirectoryInfo folder = new(Path.Combine(_folder, RandomNumberGenerator.GetHexString(16, lowercase: true)));
        folder.Create();
        return folder;
    }

    /// <summary>Marks a process that is about to be started in a folder of <see cref="CreateFolder"/>.</summary>
    /// <returns>The variable of its environment that it and its descendants alone have, as <c>NAME=value</c>.</returns>
    public string Mark(ProcessStartInfo start, DirectoryInfo folder)
    {
        string value = $"{_token}-{folder.Name}";
        start.Environment[Variable] = value;
        return $"{Variable}={value}";
    }

    private static OrphanGuard? Start(string token, string folder)
    {
        ProcessStartInfo start = ChildSession.Of([Shell, "-c", Script, "orleanswork-exec-guard", $"{Variable}={token}", folder]);
        ChildSession.HideSettings(start);
        // Its output goes nowhere: it must not hold the pipes open that somebody reads this process by.
        try
        {
            Process shell = Process.Start(start)!;
            shell.StandardOutput.Close();
            shell.StandardError.Close();
            return new OrphanGuard(shell, token, folder);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
