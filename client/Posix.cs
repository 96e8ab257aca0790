using System.Runtime.InteropServices;

namespace OrleansWork.Console;

/// <summary>The few calls of the system that the runtime has no door to; only where there is a libc.</summary>
internal static unsafe partial class Posix
{
    public const int BadDescriptor = 9;
    public const int BrokenPipe = 32;
    public const int SignalTerminate = 15;
    private const int Interrupted = 4;
    private const int NotPermitted = 1;
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;
    private const short Readable = 1;
    private const short Writable = 4;
    private const short ErrorOrHangUp = 0x8 | 0x10;
    private const int SignalPipe = 13;
    private const int MostDigits = 20;
    private const int MostRead = 256;

    // What systems have takes 60 to 72.
    private const int TerminalModeBytes = 256;

    private static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Gets whether these calls can be made.</summary>
    public static bool IsHere => !OperatingSystem.IsWindows();

    /// <summary>Says whether a descriptor was open when this program was started: what the runtime has opened since is closed on exec.</summary>
    public static bool WasInherited(int descriptor) =>
        Fcntl(descriptor, GetDescriptorFlags) is var flags and >= 0 && (flags & CloseOnExec) == 0;

    /// <summary>Writes all bytes to a descriptor; waits where it would block.</summary>
    /// <returns>0, or the number of the error.</returns>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint written = Write(descriptor, bytes, bytes.Length);
            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
            {
                Poll waiting = new() { Descriptor = descriptor, Events = Writable };
                _ = PollDescriptors(&waiting, 1, -1);
            }
            else if (error != Interrupted)
            {
                return error;
            }
        }

        return 0;
    }

    /// <summary>Says whether nobody is at the other end of a pipe, socket or terminal any more.</summary>
    public static bool IsHungUp(int descriptor)
    {
        Poll asked = new() { Descriptor = descriptor };
        return PollDescriptors(&asked, 1, 0) > 0 && (asked.Returned & ErrorOrHangUp) != 0;
    }

    /// <summary>Says whether a descriptor is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => IsTeletype(descriptor) != 0;

    /// <summary>Says how large a terminal is.</summary>
    /// <returns>In cells; null where it does not say, and on systems whose number of the question is another.</returns>
    public static (int Columns, int Rows)? WindowSize(int descriptor)
    {
        const nuint AskWindowSizeOnLinux = 0x5413;
        WindowCells size = default;
        return OperatingSystem.IsLinux() && Control(descriptor, AskWindowSizeOnLinux, &size) == 0 && size is { Columns: > 0, Rows: > 0 }
            ? (size.Columns, size.Rows)
            : null;
    }

    /// <summary>Has a terminal hand over keys one by one, unseen, and send no signal for them.</summary>
    /// <returns>How it was, for <see cref="GiveKeysBack"/>; null where it cannot.</returns>
    public static byte[]? TakeKeys(int descriptor)
    {
        byte[] before = new byte[TerminalModeBytes];
        if (GetTerminalMode(descriptor, before) != 0)
            return null;
        byte[] raw = [.. before];
        MakeRaw(raw);
        return SetTerminalMode(descriptor, 0, raw) == 0 ? before : null;
    }

    /// <summary>Puts a terminal back as it was; keys that nobody has read are forgotten.</summary>
    public static void GiveKeysBack(int descriptor, byte[] before)
    {
        const int AfterOutputWithoutInput = 2;
        _ = SetTerminalMode(descriptor, AfterOutputWithoutInput, before);
    }

    /// <summary>Reads what there is, or comes within a while.</summary>
    /// <returns>Nothing when nothing came; null at the end.</returns>
    public static byte[]? ReadSome(int descriptor, TimeSpan wait)
    {
        Poll asked = new() { Descriptor = descriptor, Events = Readable };
        if (PollDescriptors(&asked, 1, (int)wait.TotalMilliseconds) <= 0)
            return [];
        byte[] bytes = new byte[MostRead];
        nint count = Read(descriptor, bytes, bytes.Length);
        return count > 0 ? bytes[..(int)count]
            : count < 0 && Marshal.GetLastPInvokeError() is var error && (error == Interrupted || error == WouldBlock) ? []
            : null;
    }

    /// <summary>Has the system finish what was written to a descriptor, as closing it does.</summary>
    /// <returns>0, or the number of the error.</returns>
    public static int Finish(int descriptor)
    {
        int copy = Dup(descriptor);
        return copy >= 0 && Close(copy) != 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Says whether this user may write a file, or make one in a folder; opens nothing, because to open a pipe is noticed by its reader.</summary>
    /// <returns>0, or the number of the error.</returns>
    public static int MayWrite(string path)
    {
        const int MayWriteFile = 2;
        const int MaySearchFolder = 1;
        return Access(path, Directory.Exists(path) ? MayWriteFile | MaySearchFolder : MayWriteFile) == 0
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    /// <summary>Says how many descriptors this process may have open.</summary>
    /// <returns>The limit; the largest number where there is none, or it cannot be told.</returns>
    public static ulong DescriptorLimit()
    {
        const int NumberOfFilesOnLinux = 7;
        const int NumberOfFilesElsewhere = 8;
        Limit limit = default;
        return GetLimit(OperatingSystem.IsLinux() ? NumberOfFilesOnLinux : NumberOfFilesElsewhere, &limit) == 0
            ? limit.Current
            : ulong.MaxValue;
    }

    /// <summary>Says that a limit is too low, with nothing that needs a descriptor.</summary>
    public static void TellTooFew(ulong limit, ulong needed)
    {
        byte* digits = stackalloc byte[MostDigits];
        Tell("error: this process may have only "u8);
        TellNumber(limit);
        Tell(" files open (ulimit -n); it needs "u8);
        TellNumber(needed);
        Tell(".\n"u8);

        void TellNumber(ulong number)
        {
            int at = MostDigits;
            do digits[--at] = (byte)('0' + (number % 10));
            while ((number /= 10) > 0);
            Tell(new ReadOnlySpan<byte>(digits + at, MostDigits - at));
        }

        static void Tell(ReadOnlySpan<byte> text)
        {
            fixed (byte* bytes = text)
                _ = TellBytes(2, bytes, text.Length);
        }
    }

    /// <summary>Sends a signal to a process.</summary>
    /// <returns>Whether it may be sent: not to another user's process.</returns>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0 || Marshal.GetLastPInvokeError() != NotPermitted;

    /// <summary>Becomes another program, if the system lets it; does not return then.</summary>
    /// <param name="words">The program's path and its arguments, without the zero bytes that end them.</param>
    public static void Become(IReadOnlyList<byte[]> words)
    {
        byte** arguments = stackalloc byte*[words.Count + 1];
        for (int i = 0; i < words.Count; i++)
        {
            arguments[i] = (byte*)NativeMemory.Alloc((nuint)words[i].Length + 1);
            words[i].CopyTo(new Span<byte>(arguments[i], words[i].Length));
            arguments[i][words[i].Length] = 0;
        }

        arguments[words.Count] = null;

        // The runtime ignores it, and what is ignored stays so in the other program and in all that it starts.
        _ = SetSignal(SignalPipe, 0);
        _ = Execute(arguments[0], arguments);
        _ = SetSignal(SignalPipe, 1);
        for (int i = 0; i < words.Count; i++)
            NativeMemory.Free(arguments[i]);
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint TellBytes(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Fcntl(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int PollDescriptors(Poll* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "isatty")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int IsTeletype(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Control(int descriptor, nuint request, WindowCells* size);

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetTerminalMode(int descriptor, Span<byte> mode);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void MakeRaw(Span<byte> mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetTerminalMode(int descriptor, int when, ReadOnlySpan<byte> mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint Read(int descriptor, Span<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Dup(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetLimit(int resource, Limit* limit);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint SetSignal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "execv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Execute(byte* path, byte** arguments);

    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private struct WindowCells
    {
        public ushort Rows;
        public ushort Columns;
        public ushort WidthInPixels;
        public ushort HeightInPixels;
    }

    private struct Limit
    {
        public ulong Current;
        public ulong Most;
    }
}
