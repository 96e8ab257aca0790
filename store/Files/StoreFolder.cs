using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansWork.Store.Sealing;

namespace OrleansWork.Store.Files;

/// <summary>Where a store keeps what, in the data folder of its cluster.</summary>
internal sealed class StoreFolder(string dataDirectory)
{
    private const string StoreName = "store";
    private const string SealName = "store.seal";
    private const string MarkName = "store.mark";
    private const string PasswordName = "store.password";

    // What is being written and then takes the place of the file without it.
    private const string Next = ".next";

    // What is left of a damaged store, until it takes its place.
    private const string RestSuffix = ".rest";

    // What was damaged when somebody accepted that.
    private const string Damaged = ".damaged-";
    private const string MomentFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Gets the data folder.</summary>
    public string DataDirectory { get; } = Path.GetFullPath(dataDirectory);

    /// <summary>Gets the folder of Garnet's files.</summary>
    public string Store => Path.Combine(DataDirectory, StoreName);

    /// <summary>Gets the folder of the append-only file.</summary>
    public string Log => Path.Combine(Store, "AOF");

    /// <summary>Gets the folder in which what is left of a damaged store is put together.</summary>
    public string Rest => Store + RestSuffix;

    /// <summary>Gets the path of the seal: what was written, by hash.</summary>
    public string Seal => Path.Combine(DataDirectory, SealName);

    /// <summary>Gets the path of the mark: up to where the seal was written.</summary>
    public string Mark => Path.Combine(DataDirectory, MarkName);

    /// <summary>Gets the path of the file that holds the password.</summary>
    public string PasswordFile => Path.Combine(DataDirectory, PasswordName);

    /// <summary>Returns the password of the store, made when the folder has none.</summary>
    /// <returns>64 hexadecimal digits.</returns>
    /// <exception cref="InvalidDataException">The file holds no password.</exception>
    public string TakePassword()
    {
        if (!File.Exists(PasswordFile))
        {
            // The seal first: where there is a password a missing seal is one that was lost.
            if (!File.Exists(Seal))
                PrivateFiles.Replace(Seal, SealHeader.Unmarked, durable: true);
            PrivateFiles.Replace(PasswordFile, NewPassword(), durable: true);
        }

        PrivateFiles.Narrow(PasswordFile);
        return ReadPassword(PasswordFile);
    }

    /// <summary>Reads a password from the first line of a file.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static string ReadPassword(string path) =>
        File.ReadLines(path).FirstOrDefault()?.Trim() is { Length: > 0 } password
            ? password
            : throw new InvalidDataException($"{path} holds no password; its first line is to be one.");

    /// <summary>Lists all that a store has in a data folder, what it set aside too.</summary>
    /// <returns>Paths of files and folders that are there.</returns>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFileSystemEntries(DataDirectory, StoreName + "*").Where(path => IsOfStore(Path.GetFileName(path)))];

    /// <summary>Returns a free name beside a file or folder of the store, under which it is kept when it is damaged.</summary>
    public static string Aside(string path, DateTimeOffset now)
    {
        string name = path + Damaged + now.UtcDateTime.ToString(MomentFormat, CultureInfo.InvariantCulture);
        string free = name;
        for (int i = 2; Path.Exists(free); i++)
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        return free;
    }

    private static bool IsOfStore(string name) =>
        name is StoreName or StoreName + RestSuffix
        || name is SealName or SealName + Next or MarkName or MarkName + Next or PasswordName or PasswordName + Next
        || name.StartsWith(StoreName + Damaged, StringComparison.Ordinal)
        || name.StartsWith(SealName + Damaged, StringComparison.Ordinal);

    private static byte[] NewPassword() => Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(64, lowercase: true) + "\n");
}
