namespace OrleansWork.Engine.Storage;

internal sealed partial record JobManifest
{
    /// <summary>What the next version stores besides.</summary>
    [Id(100)]
    public string Added { get; init; } = "stored by the next version";
}
