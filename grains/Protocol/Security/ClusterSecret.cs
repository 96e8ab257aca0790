using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWork;

/// <summary>What the silos of a cluster share, or what its clients may know of it: whoever has neither gets no connection.</summary>
/// <remarks>
/// There are two forms. The full one is any text of <see cref="MinLength"/> characters or more; silos have it. The client's form is derived from
/// it, opens gateways and no silo port, and says nothing of the full one.
/// </remarks>
public sealed class ClusterSecret
{
    /// <summary>The fewest characters that a full secret has.</summary>
    public const int MinLength = 16;

    private const string ClientPrefix = "client-";
    private const int KeyBytes = 32;
    private static readonly byte[] s_siloPurpose = "orleanswork silo 1"u8.ToArray();
    private static readonly byte[] s_clientPurpose = "orleanswork client 1"u8.ToArray();

    private readonly byte[]? _siloKey;
    private readonly byte[] _clientKey;

    private ClusterSecret(byte[]? siloKey, byte[] clientKey) => (_siloKey, _clientKey) = (siloKey, clientKey);

    /// <summary>Gets whether this is the client's form, which opens no silo port.</summary>
    [MemberNotNullWhen(false, nameof(_siloKey))]
    public bool IsClientForm => _siloKey is null;

    /// <summary>Gets the client's form as text.</summary>
    public string ClientForm => ClientPrefix + Base64Url.EncodeToString(_clientKey);

    /// <summary>Makes the text of a new full secret: 256 random bits.</summary>
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Reads either form.</summary>
    /// <param name="text">The text; blanks around it do not count.</param>
    /// <param name="secret">The secret, or null.</param>
    /// <param name="problem">What is wrong with it, or null; never the text itself.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ClusterSecret? secret, [NotNullWhen(false)] out string? problem)
    {
        text = text?.Trim() ?? "";
        secret = null;
        problem = null;
        if (text.StartsWith(ClientPrefix, StringComparison.Ordinal))
        {
            byte[] key = new byte[KeyBytes];
            if (
                Base64Url.IsValid(text.AsSpan(ClientPrefix.Length), out int length)
                && length == KeyBytes
                && Base64Url.TryDecodeFromChars(text.AsSpan(ClientPrefix.Length), key, out _)
            )
            {
                secret = new ClusterSecret(null, key);
                return true;
            }

            problem = "it begins like a client's form of a cluster's secret and is cut or mistyped";
            return false;
        }

        if (text.Length < MinLength)
        {
            problem = $"it has {text.Length} characters and must have at least {MinLength}, best 32 random bytes as text";
            return false;
        }

        byte[] entropy = Encoding.UTF8.GetBytes(text);
        secret = new ClusterSecret(Derive(entropy, s_siloPurpose), Derive(entropy, s_clientPurpose));
        return true;
    }

    /// <summary>Reads either form.</summary>
    /// <exception cref="ArgumentException">It is none; the message does not hold it.</exception>
    public static ClusterSecret Parse(string text) =>
        TryParse(text, out ClusterSecret? secret, out string? problem)
            ? secret
            : throw new ArgumentException($"The cluster's secret is wrong: {problem}.", nameof(text));

    /// <summary>Returns a text that does not hold the secret.</summary>
    public override string ToString() => IsClientForm ? "client's form of a cluster's secret" : "cluster's secret";

    /// <summary>Returns the key by which a connection of a role is proved.</summary>
    /// <exception cref="InvalidOperationException">The client's form has no key for silos.</exception>
    internal ReadOnlySpan<byte> KeyOf(ConnectionRole role) =>
        role == ConnectionRole.Client ? _clientKey
        : IsClientForm ? throw new InvalidOperationException("A silo needs the cluster's secret; what it has is the client's form of it.")
        : _siloKey;

    private static byte[] Derive(byte[] entropy, byte[] purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, entropy, KeyBytes, salt: null, purpose);
}

/// <summary>As what the dialing side of a connection comes.</summary>
internal enum ConnectionRole : byte
{
    /// <summary>A client of a gateway.</summary>
    Client = 1,

    /// <summary>Another silo.</summary>
    Silo = 2,
}
