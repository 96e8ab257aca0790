namespace OrleansWork.Engine.Storage;

/// <summary>A value of user code takes more bytes than a payload may have.</summary>
/// <param name="what">What it is: "input", "item 7", "result".</param>
/// <param name="sizeBytes">How large it is; null when its encoding was stopped at the limit.</param>
/// <param name="limitBytes">The limit.</param>
internal sealed class PayloadTooLargeException(string what, long? sizeBytes, int limitBytes)
    : Exception(
        FormattableString.Invariant(
            $"The {what} has {(sizeBytes is { } size ? $"{InMib(size)} MiB >" : "more than the")} limit {InMib(limitBytes)} MiB (MaxPayloadBytes). Make it smaller, write it elsewhere and return where, or split the work into more units."
        )
    )
{
    /// <summary>Gets how large it is, or null when that is not known.</summary>
    public long? SizeBytes { get; } = sizeBytes;

    private static string InMib(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:0.##}");
}
