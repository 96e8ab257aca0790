namespace OrleansWork.Console.Output;

/// <summary>Passes on what is written and says by an <see cref="OutputException"/> that it was not taken; from then on nothing is, lest a document
/// go on after a gap.</summary>
internal sealed class CheckedStream(Stream inner) : WriteOnlyStream
{
    private OutputException? _failure;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_failure is not null)
            throw _failure;
        try
        {
            inner.Write(buffer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _failure = OutputException.Of(exception);
            throw _failure;
        }
    }

    public override void Flush() => Check(inner.Flush);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Check(inner.Dispose);
        base.Dispose(disposing);
    }

    private void Check(Action act)
    {
        try
        {
            act();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw _failure ??= OutputException.Of(exception);
        }
    }
}
