using System.Runtime.InteropServices;

namespace OrleansWork.Console.Output;

/// <summary>A standard stream of the process, written to as it is: no error is lost, as the runtime's own streams lose that of a closed pipe, and a
/// terminal gets what is written and nothing else.</summary>
internal sealed class StandardStream : WriteOnlyStream
{
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    /// <summary>Opens the standard output (1) or error stream (2).</summary>
    public static Stream Open(int descriptor) =>
        Posix.IsHere ? new StandardStream(descriptor)
        : descriptor == 1 ? System.Console.OpenStandardOutput()
        : System.Console.OpenStandardError();

    /// <inheritdoc/>
    /// <exception cref="OutputException">Not all could be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        int error = StandardDescriptors.WasInherited(_descriptor) ? Posix.WriteAll(_descriptor, buffer) : Posix.BadDescriptor;
        Require(error);
    }

    /// <summary>Has the system finish what was written: a remote disk may say only then that it is full.</summary>
    /// <exception cref="OutputException">It did not take all.</exception>
    protected override void Dispose(bool disposing)
    {
        if (disposing && StandardDescriptors.WasInherited(_descriptor))
            Require(Posix.Finish(_descriptor));
        base.Dispose(disposing);
    }

    private static void Require(int error)
    {
        if (error == 0)
            return;
        string why = error == Posix.BadDescriptor ? "it is closed" : Marshal.GetPInvokeErrorMessage(error);
        throw new OutputException(OutputException.Sentence(why), error == Posix.BrokenPipe);
    }
}

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

/// <summary>A stream that is written and nothing else.</summary>
internal abstract class WriteOnlyStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public abstract override void Write(ReadOnlySpan<byte> buffer);
}
