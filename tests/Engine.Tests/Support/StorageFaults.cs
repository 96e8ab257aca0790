using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Orleans.Storage;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Fails a share of storage calls. The n-th call on a key fares the same whenever the seed is the same, whatever happens on other keys.</summary>
internal sealed class StorageFaults(SharedGrainStorage storage, double failing, double stale)
{
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);
    private int _injected;

    /// <summary>Gets how many calls were failed.</summary>
    public int Injected => _injected;

    /// <summary>Gets or sets whether calls fail at all.</summary>
    public bool IsOn { get; set; } = true;

    /// <summary>Makes the id of a job whose documents fail by a seed.</summary>
    public static string JobId(int seed, int number) => string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-{number}");

    /// <summary>Starts to fail calls.</summary>
    public StorageFaults Inject()
    {
        storage.BeforeRead = key => Fail(key, "read", failing);
        storage.BeforeWrite = key =>
        {
            Fail(key, "write", failing / 2);
            if (IsOn && Draw(key, "stale") < stale)
                storage.Touch(key);
        };
        storage.AfterWrite = key => Fail(key, "written", failing / 2);
        return this;
    }

    private void Fail(string key, string what, double share)
    {
        if (!IsOn || Draw(key, what) >= share)
            return;
        Interlocked.Increment(ref _injected);
        throw new IOException($"injected: {what} {key}");
    }

    // The key of a job's document holds its seed; the catalogue's hold none, so their faults are the same in every run.
    private double Draw(string key, string what)
    {
        string place = $"{what} {key}";
        int call = _calls.AddOrUpdate(place, 1, static (_, calls) => calls + 1);
        ulong hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{place} {call}")));
        return hash / (double)ulong.MaxValue;
    }
}
