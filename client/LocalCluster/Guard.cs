using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Runs a program that knows nothing of pipes, and kills its whole process tree as soon as the guard's own standard input closes:
/// when the supervisor ends, however it ends, the system closes that pipe.</summary>
internal static class Guard
{
    /// <summary>The console's hidden command.</summary>
    public const string Command = "guard";

    private const string ChildPrefix = "child ";

    /// <summary>Runs <c>guard -- PROGRAM ARGUMENT…</c>.</summary>
    /// <returns>The program's exit code; 137 when it was killed.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        NativeMethods.LeaveTerminal();

        // Only the pipe decides: a signal to the guard alone would leave the program behind.
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => c.Cancel = true);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => c.Cancel = true);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => c.Cancel = true);
        using Process child = Process.Start(
            new ProcessStartInfo(arguments[0], arguments.Skip(1)) { RedirectStandardInput = true, UseShellExecute = false }
        )!;
        try
        {
            await System
                .Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{ChildPrefix}{child.Id}"))
                .ConfigureAwait(false);
            TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            new Thread(() =>
            {
                WaitForEndOfInput();
                closed.SetResult();
            })
            {
                IsBackground = true,
            }.Start();
            await Task.WhenAny(closed.Task, child.WaitForExitAsync()).ConfigureAwait(false);
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill(entireProcessTree: true);
                await child.WaitForExitAsync().ConfigureAwait(false);
            }
        }

        return child.ExitCode;
    }

    /// <summary>Reads the line by which a guard names the process that it runs.</summary>
    /// <returns>Its id, or null when it is another line.</returns>
    public static int? TryReadChild(string line) =>
        line.StartsWith(ChildPrefix, StringComparison.Ordinal)
        && int.TryParse(line.AsSpan(ChildPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? pid
            : null;

    private static void WaitForEndOfInput()
    {
        using Stream input = System.Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        try
        {
            while (input.Read(buffer) > 0)
            {
                // Nothing is said to a guard.
            }
        }
        catch (IOException)
        {
            // A broken pipe is a closed one.
        }
    }
}
