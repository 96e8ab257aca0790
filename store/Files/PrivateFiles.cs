using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansWork.Store.Files;

/// <summary>Files and folders that their owner alone may open: made so, never widened and narrowed afterwards. On Windows the folder's own
/// access list decides.</summary>
internal static partial class PrivateFiles
{
    private const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const uint OfOthers = 0x3F;
    private const UnixFileMode Folder700 = File600 | UnixFileMode.UserExecute;

    /// <summary>Has every file and folder that this process makes from now on be its user's alone, whoever makes it.</summary>
    public static void MakeAllPrivate()
    {
        if (!OperatingSystem.IsWindows())
            _ = SetCreationMask(OfOthers);
    }

    /// <summary>Opens a file; one that is made has mode 0600.</summary>
    public static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        FileStreamOptions options = new()
        {
            Mode = mode,
            Access = access,
            Share = share,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = File600;
        return new FileStream(path, options);
    }

    /// <summary>Replaces a file as a whole: readers, and whoever comes after a crash, find the old content or the new one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="durable">Whether it is on the disk on return, and not only with the system.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool durable)
    {
        using (ReplaceAndKeep(path, content, durable))
        {
            // Nobody goes on writing.
        }
    }

    /// <summary>As <see cref="Replace"/>; the file stays open for the caller, and nobody else may write to it.</summary>
    public static FileStream ReplaceAndKeep(string path, ReadOnlySpan<byte> content, bool durable)
    {
        string next = path + ".next";

        // What a crash left there may have another mode.
        File.Delete(next);
        FileStream file = Open(next, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        try
        {
            file.Write(content);
            file.Flush(flushToDisk: durable);
            File.Move(next, path, overwrite: true);
            if (durable)
                FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a folder of mode 0700 where there is none.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, Folder700);
    }

    /// <summary>Makes a folder of mode 0700, or takes one that is there away from everybody but its owner.</summary>
    /// <returns>The mode that it had if it was wider, such as 755.</returns>
    /// <exception cref="ForeignFolderException">It belongs to another user.</exception>
    public static string? TakeFolder(string path)
    {
        CreateFolder(path);
        if (OperatingSystem.IsWindows())
            return null;
        if (OwnerOf(path) is { } owner && owner != GetEffectiveUser())
            throw new ForeignFolderException($"it belongs to another user (id {owner})");
        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & ~Folder700) == UnixFileMode.None)
            return null;
        File.SetUnixFileMode(path, mode & Folder700);
        return Convert.ToString((int)mode, 8);
    }

    /// <summary>Takes a file away from everybody but its owner.</summary>
    public static void Narrow(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        UnixFileMode mode = File.GetUnixFileMode(path);
        if ((mode & ~File600) != UnixFileMode.None)
            File.SetUnixFileMode(path, mode & File600);
    }

    /// <summary>Makes what was made, renamed and removed in a folder outlive the system.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = OpenDescriptor(path, flags: 0);
        if (descriptor < 0)
            return;
        using SafeFileHandle handle = new(descriptor, ownsHandle: true);

        // Some file systems refuse it for folders, and need it not.
        _ = FlushDescriptor(handle);
    }

    /// <summary>Returns the user id of the owner, or null where the system does not tell.</summary>
    private static uint? OwnerOf(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Span<byte> status = stackalloc byte[256];
        const int CurrentFolder = -100;
        const uint WantsOwner = 0x8;
        const int OwnerOffset = 20;
        try
        {
            return GetStatus(CurrentFolder, path, 0, WantsOwner, status) == 0 ? MemoryMarshal.Read<uint>(status[OwnerOffset..]) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint SetCreationMask(uint mask);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetStatus(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int FlushDescriptor(SafeFileHandle handle);
}

/// <summary>A folder is not its user's alone and cannot be made so; the message says why.</summary>
internal sealed class ForeignFolderException(string message) : UnauthorizedAccessException(message);
