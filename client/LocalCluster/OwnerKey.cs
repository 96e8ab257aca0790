using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The key by which the owner of a local cluster asks by HTTP; a new one at every start.</summary>
/// <param name="Text">The key itself: for cluster.json, which its owner alone can read.</param>
/// <param name="Known">What silos know of it, in the form of their setting Keys: a hash, no secret.</param>
internal sealed record OwnerKey(string Text, string Known)
{
    private const int TextBytes = 32;

    /// <summary>Makes one.</summary>
    public static OwnerKey Create()
    {
        string text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TextBytes));
        return new(text, $"owner:operator:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}");
    }
}
