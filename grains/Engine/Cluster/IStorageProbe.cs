namespace OrleansWork.Engine.Cluster;

/// <summary>Asks storage whether it is there.</summary>
internal interface IStorageProbe
{
    /// <summary>Reads something; ends well when storage answered.</summary>
    Task ProbeAsync();
}
