using System.Globalization;
using System.Text.Json;

namespace OrleansWork.Silo.Clustering;

/// <summary>What a cluster's clocks say: its store's, and its active silos' at their last signs of life.</summary>
/// <remarks>
/// Membership compares times of one silo's clock with those of another: to the others a silo that is behind looks as if it had been silent for so long, and by
/// default it is declared dead when it joins. One that is ahead is taken as it is.
/// </remarks>
internal sealed class ClusterClock
{
    /// <summary>How far a silo's clock may be behind.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private readonly DateTimeOffset[] _readings;

    /// <summary>Makes a clock of what was read at the same time.</summary>
    public ClusterClock(IEnumerable<DateTimeOffset> readings) => _readings = [.. readings.Order()];

    /// <summary>Gets the time: the lower one of the two in the middle, so that no clock alone decides where others know better.</summary>
    /// <value>Null when nothing was read.</value>
    public DateTimeOffset? Time => _readings.Length == 0 ? null : _readings[(_readings.Length - 1) / 2];

    /// <summary>Refuses a clock that is behind.</summary>
    /// <exception cref="ClockBehindException">It is, by <see cref="Tolerance"/> or more.</exception>
    public void Require(DateTimeOffset now)
    {
        if (Time is not { } time || time - now < Tolerance)
            return;
        throw new ClockBehindException(
            $"the clock of this machine says {Text(now)}, but that of the cluster says {Text(time)}: this one is {Duration.Format(TimeSpan.FromSeconds(Math.Round((time - now).TotalSeconds)))} behind, so that the others would take it for silent. Set it right; it may be {Duration.Format(Tolerance)} behind at most."
        );
    }

    /// <summary>Reads when a silo last gave a sign of life.</summary>
    /// <param name="row">The row of an active silo in Orleans' membership table, as its Redis provider writes it.</param>
    /// <returns>Null when it is another row, or of a silo that is not active.</returns>
    public static DateTimeOffset? LastSignOfLife(string row)
    {
        const int Active = 3;
        try
        {
            using JsonDocument document = JsonDocument.Parse(row);
            return
                document.RootElement is { ValueKind: JsonValueKind.Object } entry
                && entry.TryGetProperty("Status", out JsonElement status)
                && status.ValueKind == JsonValueKind.Number
                && status.GetInt32() == Active
                && entry.TryGetProperty("IAmAliveTime", out JsonElement alive)
                && alive.ValueKind == JsonValueKind.String
                && DateTimeOffset.TryParse(
                    alive.GetString(),
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                    out DateTimeOffset time
                )
                ? time
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
