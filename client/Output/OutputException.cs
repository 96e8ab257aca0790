namespace OrleansWork.Console.Output;

/// <summary>The standard output took no more: a write failed, or whoever read it has gone.</summary>
internal sealed class OutputException : IOException
{
    // What closed pipes are called by Windows, and by the runtime's own streams elsewhere.
    private const int BrokenPipeOnWindows = unchecked((int)0x8007006D);
    private const int PipeClosingOnWindows = unchecked((int)0x800700E8);
    private const string BrokenPipe = "Broken pipe";

    public OutputException(string message, bool readerIsGone, Exception? cause = null)
        : base(message, cause) => ReaderIsGone = readerIsGone;

    /// <summary>Gets whether it was the reader's own choice to take no more.</summary>
    public bool ReaderIsGone { get; }

    /// <summary>Gets or sets whether what was being written is of use only as a whole: a document, the bytes of a result.</summary>
    public bool CutsDocument { get; set; }

    /// <summary>Gets or sets what becomes of what was not written, as a sentence; or null.</summary>
    public string? Afterwards { get; set; }

    /// <summary>Says that the standard output took no more, and why.</summary>
    public static string Sentence(string why) => $"The output could not be written: {why.TrimEnd('.')}.";

    /// <summary>Makes one of what a stream threw.</summary>
    public static OutputException Of(Exception failure) =>
        failure as OutputException
        ?? new OutputException(
            Sentence(failure.Message),
            failure is IOException
                && (
                    failure.HResult is BrokenPipeOnWindows or PipeClosingOnWindows
                    || failure.Message.StartsWith(BrokenPipe, StringComparison.Ordinal)
                ),
            failure
        );
}
