using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Store.Files;

namespace OrleansWork.Console.LocalCluster;

/// <summary>What runs in a data folder: the content of cluster.json, kept true while the supervisor lives.</summary>
/// <param name="ClusterId">The cluster's id; a new one at every start.</param>
/// <param name="ServiceId">The id under which state is stored.</param>
/// <param name="Redis">The connection string of the store, with its password.</param>
/// <param name="Processes">The supervisor, the store and the silos that are ready.</param>
internal sealed record ClusterDescription(string ClusterId, string ServiceId, string Redis, IReadOnlyList<ClusterProcess> Processes)
{
    /// <summary>Gets where HTTP answers: that of the first silo; null while none is ready.</summary>
    public string? Url => Silos.FirstOrDefault()?.Http;

    /// <summary>Gets the owner's key for HTTP, of the role operator.</summary>
    public string? Key { get; init; }

    /// <summary>Gets the client's form of the cluster's secret; null in the description of a cluster that asks for none.</summary>
    public string? Secret { get; init; }

    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "cluster.json";

    /// <summary>Gets the silos, in the order of their numbers.</summary>
    [JsonIgnore]
    public IEnumerable<ClusterProcess> Silos => Processes.Where(p => p.Role == ClusterProcess.SiloRole);

    /// <summary>Gets where HTTP answers; of the silos that are leaving only when there are no others.</summary>
    [JsonIgnore]
    public IReadOnlyList<Uri> Urls
    {
        get
        {
            ClusterProcess[] staying = [.. Silos.Where(s => s.State != ClusterProcess.Draining)];
            return
            [
                .. (staying.Length > 0 ? staying : Silos)
                    .Select(s => Uri.TryCreate(s.Http, UriKind.Absolute, out Uri? url) ? url : null)
                    .OfType<Uri>(),
            ];
        }
    }

    /// <summary>Gets where the store is, without its password.</summary>
    [JsonIgnore]
    public string StoreAddress => Redis.Split(',')[0];

    /// <summary>Gets the supervisor.</summary>
    [JsonIgnore]
    public ClusterProcess? Supervisor => Processes.FirstOrDefault(p => p.Role == ClusterProcess.SupervisorRole);

    /// <summary>Reads the description in a data folder.</summary>
    /// <returns>Null when there is none, or it is not readable.</returns>
    public static ClusterDescription? Read(string dataDirectory)
    {
        try
        {
            byte[] json = File.ReadAllBytes(Path.Combine(dataDirectory, FileName));
            return JsonSerializer.Deserialize(json, ClusterDescriptionJson.Default.ClusterDescription);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the description in a data folder as a whole: readers, of whom there is the owner alone, see the old one or the new one.</summary>
    public void Write(string dataDirectory)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, ClusterDescriptionJson.Default.ClusterDescription);
        PrivateFiles.Replace(Path.Combine(dataDirectory, FileName), json, durable: false);
    }
}
