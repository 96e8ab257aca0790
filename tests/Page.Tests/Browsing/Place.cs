namespace OrleansWork.PageTests.Browsing;

/// <summary>Where a visit begins.</summary>
/// <param name="Silo">The silo whose page it is.</param>
/// <param name="Key">The key in the address, or null for none.</param>
/// <param name="View">What follows <c>#</c>, such as <c>/jobs</c>.</param>
internal sealed record Place(Uri Silo, string? Key, string View = "/")
{
    /// <summary>Gets the address with the key, as the console prints it.</summary>
    public string Address => Key is null ? $"{Silo}#{View}" : $"{Silo}#key={Key}";
}
