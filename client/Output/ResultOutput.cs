namespace OrleansWork.Console.Output;

/// <summary>Where a result goes: a file, or the output.</summary>
internal static class ResultOutput
{
    private const string Json = "application/json";

    /// <summary>Writes a result.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static void Write(Terminal terminal, JobResult result, string? file)
    {
        if (file is not null)
        {
            try
            {
                File.WriteAllBytes(file, result.Content);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new UsageException(
                    $"The result of job {result.Status.Id} cannot be written to {file}: {exception.Message} It is kept: orleanswork result {result.Status.Id}"
                );
            }

            terminal.Note($"Wrote {Numbers.Bytes(result.Content.LongLength)} to {file}.");
        }
        else if (IsJson(result.MediaType))
        {
            terminal.WriteBytes(result.Content);
            terminal.WriteBytes("\n"u8);
        }
        else if (terminal.OutIsTerminal)
        {
            terminal.Warn(
                $"The result is {Numbers.Bytes(result.Content.LongLength)} of {result.MediaType} and is not printed on a terminal; use --out FILE."
            );
        }
        else
        {
            terminal.WriteBytes(result.Content);
        }
    }

    private static bool IsJson(string mediaType) =>
        string.Equals(mediaType, Json, StringComparison.OrdinalIgnoreCase)
        || mediaType.StartsWith($"{Json};", StringComparison.OrdinalIgnoreCase);
}
