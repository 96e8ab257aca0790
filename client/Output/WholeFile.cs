namespace OrleansWork.Console.Output;

/// <summary>Writes files that are there whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file beside its place and then puts it there; what was there is replaced.</summary>
    /// <param name="file">Its name, as the user gave it by <c>--out</c>.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="what">What that is, for the message.</param>
    /// <exception cref="OutputException">It could not be written; what was there before still is.</exception>
    public static void Write(string file, ReadOnlySpan<byte> content, string what)
    {
        string? beside = null;
        try
        {
            if (IsStream(file))
            {
                using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                stream.Write(content);
                return;
            }

            string place =
                (File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(file);
            beside = Path.Combine(Path.GetDirectoryName(place)!, $".{Path.GetRandomFileName()}.tmp");
            using (FileStream stream = new(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, place, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            if (beside is not null)
                File.Delete(beside);
            throw new OutputException(
                $"--out: the {what} cannot be written to {file}: {exception.Message.TrimEnd('.')}.",
                readerIsGone: false,
                exception
            )
            {
                CutsDocument = true,
            };
        }
    }

    /// <summary>Returns whether a name is that of a pipe or a device, which nothing can take the place of.</summary>
    private static bool IsStream(string file)
    {
        if (!File.Exists(file))
            return false;
        using FileStream there = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        return !there.CanSeek;
    }
}
