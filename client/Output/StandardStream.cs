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
