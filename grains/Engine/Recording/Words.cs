using System.Globalization;
using System.Text.Json;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>How explanations say things.</summary>
internal static class Words
{
    /// <summary>Says an enumeration's value as documents do: in kebab case.</summary>
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>Says a number with thousands.</summary>
    public static string Number(double number) =>
        number.ToString(number < 10 && number % 1 != 0 ? "0.##" : "N0", CultureInfo.InvariantCulture);

    /// <summary>Says a count with its noun.</summary>
    public static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>Says a range of units.</summary>
    public static string Units(long from, long to) => to - from == 1 ? $"unit {Number(from)}" : $"units {Number(from)} to {Number(to - 1)}";

    /// <summary>Says a duration, in seconds, to three digits.</summary>
    public static string Duration(double seconds) =>
        seconds switch
        {
            < 1e-3 => FormattableString.Invariant($"{seconds * 1e6:0} µs"),
            < 1 => FormattableString.Invariant($"{seconds * 1e3:0.#} ms"),
            < 60 => FormattableString.Invariant($"{seconds:0.0} s"),
            < 3_600 => FormattableString.Invariant($"{Math.Floor(seconds / 60):0} min {seconds % 60:00} s"),
            _ => FormattableString.Invariant($"{Math.Floor(seconds / 3_600):0} h {seconds % 3_600 / 60:00} min"),
        };

    /// <summary>Says a ratio.</summary>
    public static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Says why a lease was granted.</summary>
    public static string Of(TracedLease lease) =>
        lease.Reason switch
        {
            GrantReason.Probe => "the silo's speed was not known yet: sizes grow from one unit on",
            GrantReason.Steady => "as many as the share of what was left, the overhead and the lease's time allowed",
            GrantReason.LastRound => "units ran out: what was left was split evenly",
            GrantReason.Fixed => "chunkUnits sets the size",
            GrantReason.Retry => $"attempt {lease.Attempt}: the unit had failed before",
            GrantReason.Canary => "a process had ended while these units were there: such run again few at a time",
            GrantReason.SecondAttempt => $"lease {Number(lease.SecondOf)} ran the unit far longer than usual, and a slot was free",
            _ => "an earlier coordinator had granted it",
        };

    /// <summary>Says how a lease ended.</summary>
    public static string Of(LeaseEnd end) =>
        end switch
        {
            LeaseEnd.Running => "running",
            LeaseEnd.Committed => "committed",
            LeaseEnd.Yielded => "handed the rest back",
            LeaseEnd.Failed => "a unit failed",
            LeaseEnd.Lost => "lost",
            LeaseEnd.Overtaken => "overtaken",
            LeaseEnd.Canceled => "canceled",
            _ => "refused",
        };
}
