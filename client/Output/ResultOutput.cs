namespace OrleansWork.Console.Output;

/// <summary>Where a result goes: a file, or the output.</summary>
internal static class ResultOutput
{
    private const string Json = "application/json";

    /// <summary>Writes a result as it comes.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static async Task WriteAsync(Terminal terminal, JobResultStream result, string? file, CancellationToken cancellationToken)
    {
        bool isLines = string.Equals(result.MediaType, JobKindDescriptor.UnitResultsMediaType, StringComparison.OrdinalIgnoreCase);
        if (file is not null)
        {
            terminal.Note($"Wrote {Numbers.Bytes(await WriteFileAsync(result, file, cancellationToken))} to {file}.");
        }
        else if (isLines || IsJson(result.MediaType) || !terminal.OutIsTerminal)
        {
            await foreach (ReadOnlyMemory<byte> piece in result.Pieces.WithCancellation(cancellationToken))
                terminal.WriteBytes(piece.Span);
            if (IsJson(result.MediaType))
                terminal.WriteBytes("\n"u8);
        }
        else
        {
            terminal.Warn($"The result is {result.MediaType} and is not printed on a terminal; use --out FILE.");
        }
    }

    private static async Task<long> WriteFileAsync(JobResultStream result, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream output = File.Create(file);
            await foreach (ReadOnlyMemory<byte> piece in result.Pieces.WithCancellation(cancellationToken))
                await output.WriteAsync(piece, cancellationToken);
            return output.Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException(
                $"The result of job {result.Status.Id} cannot be written to {file}: {exception.Message} It is kept: orleanswork result {result.Status.Id}"
            );
        }
    }

    private static bool IsJson(string mediaType) =>
        string.Equals(mediaType, Json, StringComparison.OrdinalIgnoreCase)
        || mediaType.StartsWith($"{Json};", StringComparison.OrdinalIgnoreCase);
}
