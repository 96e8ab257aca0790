using System.Runtime.InteropServices;

namespace OrleansWork.Console.Output;

/// <summary>Where a result goes: a file, or the output.</summary>
internal static class ResultOutput
{
    private const string Json = "application/json";
    private const int LargestWrite = 64 * 1024;

    /// <summary>Writes a result as it comes.</summary>
    /// <exception cref="OutputException">The output or the file did not take all of it, or there can be no such file.</exception>
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
            {
                if (isLines)
                    terminal.WriteLines(piece.Span);
                else
                    terminal.WriteBytes(piece);
            }

            if (IsJson(result.MediaType))
                terminal.WriteBytes("\n"u8.ToArray());
        }
        else
        {
            terminal.Warn($"The result is {result.MediaType} and is not printed on a terminal; use --out FILE.");
        }
    }

    /// <summary>Writes the results of items as lines while they come: as many as there are together, and never one that nobody takes.</summary>
    /// <exception cref="OutputException">The output takes no more.</exception>
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
        catch (JobEndedException)
        {
            Flush();
            throw;
        }
        catch (OutputException)
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
            terminal.WriteLines(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            lines.SetLength(0);
        }
    }

    /// <summary>Requires that a file can be written, without touching it: what was computed for an hour is not to find that out.</summary>
    /// <param name="file">The file of <c>--out</c>, or null for none.</param>
    /// <param name="what">What is to be written, for the message.</param>
    /// <exception cref="UsageException">It cannot; the message says why.</exception>
    public static void RequireWritable(string? file, string what = "result")
    {
        if (file is not null && WhyNot(file) is { } why)
            throw new UsageException($"--out: the {what} cannot be written to {(file.Length == 0 ? "''" : file)}: {why}");
    }

    /// <summary>Says where a result is that was not written whole.</summary>
    /// <param name="jobId">The id of its job.</param>
    /// <param name="file">The file of <c>--out</c>, or null for none.</param>
    public static string KeptSentence(string jobId, string? file) =>
        $"The result of job {jobId} is kept: orleanswork result {jobId}{(file is null ? "" : " --out FILE")}";

    private static string? WhyNot(string file)
    {
        if (string.IsNullOrWhiteSpace(file))
            return "it has no name.";
        if (Directory.Exists(file) || Path.EndsInDirectorySeparator(file))
            return "it is a folder; name a file in it.";
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(folder))
            return File.Exists(folder) ? $"{folder} is a file." : $"there is no folder {folder}.";
        int error = Posix.IsHere ? Posix.MayWrite(File.Exists(file) ? file : folder) : 0;
        return error == 0 ? null : Sentence(Marshal.GetPInvokeErrorMessage(error));
    }

    private static async Task<long> WriteFileAsync(JobResultStream result, string file, CancellationToken cancellationToken)
    {
        FileStream output;
        try
        {
            // Unbuffered: what the disk refuses is known at the write.
            output = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OutputException(
                $"--out: the result cannot be written to {file}: {WhyNot(file) ?? Sentence(exception.Message)}",
                readerIsGone: false,
                exception
            )
            {
                CutsDocument = true,
            };
        }

        long written = 0;
        try
        {
            await using (output)
            {
                await foreach (ReadOnlyMemory<byte> piece in result.Pieces.WithCancellation(cancellationToken))
                {
                    await output.WriteAsync(piece, cancellationToken);
                    written += piece.Length;
                }
            }

            return written;
        }
        catch (IOException exception)
        {
            throw new OutputException(
                $"{file} has only a part of the result: {Sentence(exception.Message)}",
                readerIsGone: false,
                exception
            )
            {
                CutsDocument = true,
            };
        }
    }

    private static string Sentence(string message)
    {
        // The runtime appends the path, which the sentence has.
        int path = message.IndexOf(" : '", StringComparison.Ordinal);
        string what = path < 0 ? message : message[..path];
        return what.EndsWith('.') ? what : $"{what}.";
    }

    private static bool IsJson(string mediaType) =>
        string.Equals(mediaType, Json, StringComparison.OrdinalIgnoreCase)
        || mediaType.StartsWith($"{Json};", StringComparison.OrdinalIgnoreCase);
}
