namespace OrleansWork.Console.Output;

/// <summary>Where a result goes: a file, or the output.</summary>
internal static class ResultOutput
{
    private const string Json = "application/json";
    private const int LargestWrite = 64 * 1024;

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

    /// <summary>Writes the results of items as lines while they come: as many as there are together, and never one that nobody takes.</summary>
    /// <exception cref="IOException">Whoever read the output has closed it.</exception>
    public static async Task WriteLinesAsync(Terminal terminal, IAsyncEnumerable<UnitResult> results, CancellationToken cancellationToken)
    {
        using MemoryStream lines = new();
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using IAsyncEnumerator<UnitResult> reader = results.GetAsyncEnumerator(leaving.Token);
        Task<bool>? pending = null;
        try
        {
            while (true)
            {
                ValueTask<bool> next = reader.MoveNextAsync();
                pending = next.IsCompleted ? null : next.AsTask();

                // A reader that is slow blocks here, and nothing more is fetched.
                if (pending is not null || lines.Length >= LargestWrite)
                    Flush();
                if (!await (pending ?? next.AsTask()))
                    break;
                reader.Current.WriteLine(lines);
            }
        }
        catch (JobFailedException)
        {
            Flush();
            throw;
        }
        catch (IOException)
        {
            // What is being fetched has to end before its reader can be left.
            await leaving.CancelAsync();
            if (pending is not null)
                await ((Task)pending).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext
                );
            throw;
        }

        Flush();

        void Flush()
        {
            if (lines.Length == 0)
                return;
            terminal.WriteBytes(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            lines.SetLength(0);
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
