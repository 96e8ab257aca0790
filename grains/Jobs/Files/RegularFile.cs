using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansWork.Jobs.Files;

/// <summary>Opens files that have an end: pipes, sockets and devices, under whatever name or link, are refused before they are read.</summary>
/// <remarks>Nothing here waits for a writer at the other end of a pipe, also not when a file becomes one between two looks at it.</remarks>
internal static partial class RegularFile
{
    // <fcntl.h> and <sys/stat.h> of Linux.
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x8_0000;
    private const int NonBlocking = 0x800;
    private const int WorkingDirectory = -100;
    private const int OfDescriptor = 0x1000;
    private const uint TypeAndMode = 1;
    private const int TypeMask = 0xF000;
    private const int StatusBytes = 256;
    private const int ModeOffset = 28;
    private const int NoSuchFile = 2;
    private const int NoSuchDevice = 6;

    /// <summary>Says what a path leads to, where that is no file.</summary>
    /// <returns>"a pipe", "a socket", "a device"; null for a file, a folder, and what is not there or cannot be told.</returns>
    public static string? OtherKind(string path) =>
        OperatingSystem.IsLinux() ? KindOf(ModeOf(WorkingDirectory, path, flags: 0))
        : File.Exists(path) && File.GetAttributes(path).HasFlag(FileAttributes.Device) ? "a device"
        : null;

    /// <summary>Opens a file to read it; others may write, rename and delete it meanwhile.</summary>
    /// <exception cref="PermanentFailureException">It is a pipe, a socket or a device.</exception>
    /// <exception cref="IOException">It is not there or cannot be opened.</exception>
    public static FileStream Open(string path)
    {
        const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;
        if (OtherKind(path) is { } other)
            throw Refusal(path, other);
        if (!OperatingSystem.IsLinux())
            return new FileStream(path, FileMode.Open, FileAccess.Read, Shared, bufferSize: 1);
        int descriptor = OpenDescriptor(path, ReadOnly | CloseOnExec | NonBlocking);
        int error = Marshal.GetLastPInvokeError();
        if (descriptor < 0 && error == NoSuchDevice)
            throw Refusal(path, "a socket");

        // The runtime says best why a file cannot be opened.
        if (descriptor < 0)
        {
            return error == NoSuchFile
                ? throw new FileNotFoundException($"Could not find file '{path}'.", path)
                : new FileStream(path, FileMode.Open, FileAccess.Read, Shared, bufferSize: 1);
        }

        SafeFileHandle handle = new(descriptor, ownsHandle: true);
        if (KindOf(ModeOf(descriptor, "", OfDescriptor)) is { } became)
        {
            handle.Dispose();
            throw Refusal(path, became);
        }

        return new FileStream(handle, FileAccess.Read, bufferSize: 1);
    }

    /// <summary>Says why something else than a file is not read.</summary>
    public static string Refuse(string path, string kind) =>
        $"{path} is {kind}, which has no end; name files, or folders and patterns, which leave it out.";

    private static PermanentFailureException Refusal(string path, string kind) => new(Refuse(path, kind));

    private static string? KindOf(int mode) =>
        (mode & TypeMask) switch
        {
            0x1000 => "a pipe",
            0xC000 => "a socket",
            0x2000 or 0x6000 => "a device",
            _ => null,
        };

    /// <summary>Returns type and rights, links followed; 0 when they cannot be told.</summary>
    private static int ModeOf(int folder, string path, int flags)
    {
        Span<byte> status = stackalloc byte[StatusBytes];
        return Statx(folder, Encoding.UTF8.GetBytes(path + '\0'), flags, TypeAndMode, status) == 0
            ? MemoryMarshal.Read<ushort>(status[ModeOffset..])
            : 0;
    }

    private static int OpenDescriptor(string path, int flags) => Open(Encoding.UTF8.GetBytes(path + '\0'), flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Open(ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Statx(int folder, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> status);
}
