namespace OrleansWork;

/// <summary>Names a job kind and states how the engine may treat its work.</summary>
/// <param name="name">The name callers use; lower-case letters, digits and hyphens. By default the type's name in kebab case.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JobKindAttribute(string? name = null) : Attribute
{
    /// <summary>Gets the name callers use, or null for the type's name in kebab case.</summary>
    public string? Name { get; } = name;

    /// <summary>Gets or sets one sentence for lists and help.</summary>
    public string Description { get; set; } = "";

    /// <summary>Gets or sets the version of the kind, recorded with each job: its leases go only to silos that have it.</summary>
    /// <value>The default is 1; at least 1.</value>
    public int Version { get; set; } = 1;

    /// <summary>Gets or sets whether a unit does something to the outside that must not happen twice at the same time.</summary>
    /// <value>The default is false; true switches off second attempts of slow units. Units still run at least once, not exactly once.</value>
    public bool SideEffects { get; set; }

    /// <summary>Gets or sets how many asynchronous units of one job may wait at once on one silo.</summary>
    /// <value>The default, 0, means the silo's own <c>AsyncSlots</c>.</value>
    public int AsyncSlots { get; set; }

    /// <summary>Gets or sets what the bytes of the result are, such as <c>image/png</c>; only for a kind whose result is a <c>byte[]</c>.</summary>
    /// <value>The default is null: <c>application/octet-stream</c> for bytes, and every other result is JSON.</value>
    public string? MediaType { get; set; }
}
