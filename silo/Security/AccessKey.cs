using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansWork.Silo.Security;

/// <summary>A key as a silo knows it: who has it, what it is for, and its hash, never itself.</summary>
/// <param name="Name">Who has it, for logs.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Hash">The SHA-256 of its text.</param>
internal sealed partial record AccessKey(string Name, AccessRole Role, ReadOnlyMemory<byte> Hash)
{
    /// <summary>How a key is written in a setting.</summary>
    public const string Form = "name:role:SHA-256, the last in 64 hexadecimal digits";

    private const int TextBytes = 32;

    /// <summary>Makes a new key.</summary>
    /// <returns>Its text, which only its holder has, and what a silo knows of it.</returns>
    public static (string Text, AccessKey Key) Create(string name, AccessRole role)
    {
        string text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TextBytes));
        return (text, new AccessKey(name, role, HashOf(text)));
    }

    /// <summary>Returns the hash of a key's text.</summary>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a key as settings write it.</summary>
    public static bool TryParse(string item, [NotNullWhen(true)] out AccessKey? key)
    {
        Match match = Pattern().Match(item);
        key =
            match.Success && Enum.TryParse(match.Groups["role"].Value, ignoreCase: true, out AccessRole role) && Enum.IsDefined(role)
                ? new AccessKey(match.Groups["name"].Value, role, Convert.FromHexString(match.Groups["hash"].Value))
                : null;
        return key is not null;
    }

    [GeneratedRegex("^(?<name>[A-Za-z0-9._-]{1,64}):(?<role>[A-Za-z]+):(?<hash>[0-9A-Fa-f]{64})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
