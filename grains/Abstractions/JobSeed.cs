using System.IO.Hashing;
using System.Text;

namespace OrleansWork;

/// <summary>The seed of a job whose options name none: the same job draws the same random numbers wherever and whenever it is run.</summary>
internal static class JobSeed
{
    /// <summary>Computes XxHash64 of the kind's name, a zero byte and the canonical input.</summary>
    public static ulong Of(string kind, ReadOnlySpan<byte> canonicalInput)
    {
        XxHash64 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(kind));
        hash.Append([0]);
        hash.Append(canonicalInput);
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Returns the seed of a job: the option's, or the derived one.</summary>
    public static ulong Of(JobOptions options, string kind, ReadOnlySpan<byte> canonicalInput) =>
        options.Seed is { } seed ? (ulong)seed : Of(kind, canonicalInput);
}
