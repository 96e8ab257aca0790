using System.IO.Hashing;
using System.Text;

namespace OrleansWork.Protocol;

/// <summary>How grain keys are made and read.</summary>
internal static class Keys
{
    /// <summary>The number of catalogue shards.</summary>
    public const int CatalogShards = 32;

    /// <summary>Makes the key of a worker: the silo it is pinned to and its number there.</summary>
    public static string Worker(SiloAddress silo, int number) => $"{silo.ToParsableString()}/{number}";

    /// <summary>Makes the key of a spawned worker: no lease has had it before.</summary>
    public static string SpawnedWorker(string jobId, ulong incarnation, int epoch, long lease) =>
        $"{jobId}/{incarnation:x}/{epoch}/{lease}";

    /// <summary>Reads the silo from the key of a worker.</summary>
    /// <returns>Whether the key names a silo.</returns>
    public static bool TryReadWorkerSilo(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SiloAddress? silo)
    {
        silo = null;
        int slash = key.LastIndexOf('/');
        if (slash <= 0)
            return false;
        try
        {
            silo = SiloAddress.FromParsableString(key[..slash]);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Returns the catalogue shard of a job.</summary>
    public static int CatalogShard(string jobId) => (int)(XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(jobId)) % CatalogShards);

    /// <summary>What <see cref="IsJobId"/> asks for, as the end of a sentence.</summary>
    public const string JobIdRule = "an id is 1 to 64 letters, digits, dots, underscores and hyphens, and neither . nor ..";

    /// <summary>Says whether an id is one: 1 to 64 of letters, digits, dot, underscore and hyphen, and neither . nor .., which are no names in an address.</summary>
    public static bool IsJobId(string? id) =>
        id is { Length: >= 1 and <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && id is not ("." or "..");
}
