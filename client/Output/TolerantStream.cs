namespace OrleansWork.Console.Output;

/// <summary>Passes on what is written; what is not taken is lost, because there is nobody to tell.</summary>
internal sealed class TolerantStream(Stream inner) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // As said.
        }
    }
}
