using System.IO.Pipelines;

namespace OrleansWork.Engine.Tests.Security;

/// <summary>The two ends of a connection in this process.</summary>
internal sealed class DuplexPipes
{
    private readonly Pipe _there = new();
    private readonly Pipe _back = new();

    public DuplexPipes() => (Dialer, Listener) = (new End(_back.Reader, _there.Writer), new End(_there.Reader, _back.Writer));

    public IDuplexPipe Dialer { get; }

    public IDuplexPipe Listener { get; }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
