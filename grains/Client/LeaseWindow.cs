using System.Globalization;

namespace OrleansWork;

/// <summary>Checks which leases are asked for, before anybody is.</summary>
internal static class LeaseWindow
{
    /// <summary>Checks a query.</summary>
    /// <exception cref="RequestRefusedException">Its cursor is none, or its time ends before it begins.</exception>
    public static void Check(LeaseQuery query)
    {
        Check(query.From, query.To);
        if (query.Cursor is { } cursor && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw Wrong("cursor", "There is no such place in the job's leases. Use nextCursor of the page before.");
    }

    /// <summary>Checks a span of time.</summary>
    /// <exception cref="RequestRefusedException">It ends before it begins.</exception>
    public static void Check(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } begin && to is { } end && begin > end)
            throw Wrong("from", string.Create(CultureInfo.InvariantCulture, $"from is {begin:O}, after to, which is {end:O}."));
    }

    private static RequestRefusedException Wrong(string field, string message) =>
        new(ErrorReason.WrongInput, message, [new InputProblem(field, message)]);
}
