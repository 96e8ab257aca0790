namespace OrleansWork.Protocol.Security;

/// <summary>Why the sides of a connection did not come to trust each other.</summary>
internal enum HandshakeFailure
{
    /// <summary>The other side hung up: it is none that knows this handshake, or it is stopping.</summary>
    HungUp,

    /// <summary>It said something else.</summary>
    OtherProtocol,

    /// <summary>It came as a client to the port for silos, or the other way round.</summary>
    WrongRole,

    /// <summary>It does not know the secret.</summary>
    WrongSecret,

    /// <summary>It said that this side does not know the secret.</summary>
    Refused,

    /// <summary>It did not say enough in time.</summary>
    TooSlow,

    /// <summary>It proved the secret and then sent what no client sends.</summary>
    Forged,

    /// <summary>It was the oldest of too many that had proved nothing yet.</summary>
    TooMany,
}

/// <summary>The sides of a connection did not come to trust each other.</summary>
internal sealed class HandshakeException(HandshakeFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Gets why.</summary>
    public HandshakeFailure Failure { get; } = failure;
}
