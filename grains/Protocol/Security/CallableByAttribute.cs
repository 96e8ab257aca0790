namespace OrleansWork.Protocol.Security;

/// <summary>Who may call a grain.</summary>
internal enum Caller
{
    /// <summary>Silos of the cluster alone: a client that tries is refused.</summary>
    Silo,

    /// <summary>Clients of a gateway, and silos.</summary>
    Client,
}

/// <summary>Says who may call the methods of a grain interface, or one of them; without it only silos may.</summary>
/// <param name="caller">Who may.</param>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Method)]
internal sealed class CallableByAttribute(Caller caller) : Attribute
{
    /// <summary>Gets who may.</summary>
    public Caller Caller { get; } = caller;
}

/// <summary>A client of a gateway called what only silos may call; nothing was done.</summary>
[GenerateSerializer, Alias("ow.CallRefused")]
internal sealed class CallRefusedException : Exception
{
    /// <summary>Makes one that says what was refused.</summary>
    public CallRefusedException(string message)
        : base(message) { }
}
