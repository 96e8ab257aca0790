using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWork.Store;

/// <summary>How a store process ends.</summary>
internal static class StoreExit
{
    /// <summary>It was asked to stop, or its supervisor is gone.</summary>
    public const int Stopped = 0;

    /// <summary>It failed for a reason that it printed.</summary>
    public const int Failed = 1;

    /// <summary>Its arguments are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>Its port is taken.</summary>
    public const int PortTaken = 5;

    /// <summary>The clock is behind that of the last writes.</summary>
    public const int ClockBehind = 8;

    /// <summary>Its files are not what was written, and nobody accepted that.</summary>
    public const int Damaged = 9;
}

/// <summary>What a store says once it answers: the JSON of its line <c>ready {…}</c>.</summary>
/// <param name="Port">The port on loopback.</param>
/// <param name="Pid">The id of the process.</param>
/// <param name="LogBytes">How long its log is.</param>
/// <param name="CheckMilliseconds">How long it took to compare that with the seal.</param>
internal sealed record StoreReady(int Port, int Pid, long LogBytes, double CheckMilliseconds);

/// <summary>What is wrong with a file.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DamageKind>))]
internal enum DamageKind
{
    /// <summary>Its bytes are others than were written.</summary>
    Changed,

    /// <summary>It ends before what was written.</summary>
    CutOff,

    /// <summary>It is not there.</summary>
    Missing,
}

/// <summary>A part of a file that is not what was written.</summary>
/// <param name="Path">The file, from the data folder.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="From">The offset of the first byte concerned.</param>
/// <param name="To">The offset after the last one.</param>
internal sealed record DamagedFile(string Path, DamageKind Kind, long From, long To);

/// <summary>What is wrong with a store and what it costs: the JSON of a line <c>damage {…}</c>.</summary>
internal sealed record StoreDamage
{
    /// <summary>Gets what is wrong with which file.</summary>
    public IReadOnlyList<DamagedFile> Files { get; init; } = [];

    /// <summary>Gets why the seal cannot say anything, or null.</summary>
    public string? SealProblem { get; init; }

    /// <summary>Gets whether it is not known what is lost.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Gets how many jobs had a record.</summary>
    public int Jobs { get; init; }

    /// <summary>Gets how many have one still, when it is not known which ones are gone.</summary>
    public int? JobsLeft { get; init; }

    /// <summary>Gets the jobs that are gone.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];

    /// <summary>Gets the jobs that go back to an earlier state.</summary>
    public IReadOnlyList<string> SetBack { get; init; } = [];

    /// <summary>Gets the jobs that were forgotten and come back.</summary>
    public IReadOnlyList<string> Revived { get; init; } = [];

    /// <summary>Gets when the last write was acknowledged.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Gets where the damaged files were put when the loss was accepted, or null.</summary>
    public IReadOnlyList<string> KeptAs { get; init; } = [];

    /// <summary>Adds what another part of the same message lists.</summary>
    public StoreDamage With(StoreDamage next) =>
        this with
        {
            Files = [.. Files, .. next.Files],
            Lost = [.. Lost, .. next.Lost],
            SetBack = [.. SetBack, .. next.SetBack],
            Revived = [.. Revived, .. next.Revived],
        };
}

/// <summary>The lines that a store process prints for its supervisor.</summary>
internal static class StoreMessages
{
    // Whoever reads takes a line of more than 16 K characters in pieces: an id has at most 64, a file of the store rarely as many.
    private const int MostInLine = 100;
    private const string ReadyPrefix = "ready ";
    private const string DamagePrefix = "damage ";
    private const string ClockPrefix = "clock ";

    /// <summary>Writes that the store answers.</summary>
    public static string Write(StoreReady ready) => ReadyPrefix + JsonSerializer.Serialize(ready, StoreJson.Default.StoreReady);

    /// <summary>Writes what is wrong with the store: a line, and more when a list is long, which <see cref="StoreDamage.With"/> puts together again.</summary>
    public static IEnumerable<string> Write(StoreDamage damage)
    {
        Queue<DamagedFile> files = new(damage.Files);
        Queue<string> lost = new(damage.Lost);
        Queue<string> setBack = new(damage.SetBack);
        Queue<string> revived = new(damage.Revived);
        do
        {
            int room = MostInLine;
            StoreDamage part = damage with
            {
                Files = Next(files, ref room),
                Lost = Next(lost, ref room),
                SetBack = Next(setBack, ref room),
                Revived = Next(revived, ref room),
            };
            yield return DamagePrefix + JsonSerializer.Serialize(part, StoreJson.Default.StoreDamage);
        } while (files.Count + lost.Count + setBack.Count + revived.Count > 0);
    }

    /// <summary>Writes when the last writes were made, by a clock that was ahead of the present one.</summary>
    public static string WriteClock(DateTimeOffset last) => ClockPrefix + JsonSerializer.Serialize(last, StoreJson.Default.DateTimeOffset);

    /// <summary>Reads a line.</summary>
    /// <returns>A <see cref="StoreReady"/>, a <see cref="StoreDamage"/>, a <see cref="DateTimeOffset"/> of the last writes, or null when it is another line.</returns>
    public static object? TryRead(string line)
    {
        try
        {
            return line.StartsWith(ReadyPrefix, StringComparison.Ordinal)
                    ? JsonSerializer.Deserialize(line.AsSpan(ReadyPrefix.Length), StoreJson.Default.StoreReady)
                : line.StartsWith(DamagePrefix, StringComparison.Ordinal)
                    ? JsonSerializer.Deserialize(line.AsSpan(DamagePrefix.Length), StoreJson.Default.StoreDamage)
                : line.StartsWith(ClockPrefix, StringComparison.Ordinal)
                    ? JsonSerializer.Deserialize(line.AsSpan(ClockPrefix.Length), StoreJson.Default.DateTimeOffset)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<T> Next<T>(Queue<T> from, ref int room)
    {
        List<T> taken = [];
        for (; room > 0 && from.TryDequeue(out T? item); room--)
            taken.Add(item);
        return taken;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreReady))]
[JsonSerializable(typeof(StoreDamage))]
[JsonSerializable(typeof(DateTimeOffset))]
internal sealed partial class StoreJson : JsonSerializerContext;
