using OrleansWork.Protocol.Security;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Settings;

/// <summary>The settings of one silo: section <c>OrleansWork</c> of appsettings.json, environment variables <c>OrleansWork__…</c>,
/// command line options; later ones win.</summary>
internal sealed record SiloSettings
{
    /// <summary>Gets how silos find each other.</summary>
    /// <value>The default is redis when <see cref="Redis"/> is set, else local.</value>
    public Clustering Clustering { get; init; }

    /// <summary>Gets the connection string of Redis, as StackExchange.Redis reads it; only and always with <see cref="Clustering.Redis"/>.</summary>
    public string? Redis { get; init; }

    /// <summary>Gets the password of Redis, read from the file that <c>RedisPasswordFile</c> names; null when the connection string says all.</summary>
    public string? RedisPassword { get; init; }

    /// <summary>Gets the name that the silos of one cluster share.</summary>
    /// <value>The default is <c>orleanswork</c>.</value>
    public string ClusterId { get; init; } = "orleanswork";

    /// <summary>Gets the name under which state is stored: it outlives clusters.</summary>
    /// <value>The default is <c>orleanswork</c>.</value>
    public string ServiceId { get; init; } = "orleanswork";

    /// <summary>Gets the port on which other silos call this one; 0 takes a free one.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>Gets the port on which Orleans clients call this silo; 0 takes a free one.</summary>
    public int GatewayPort { get; init; } = 30000;

    /// <summary>Gets where the HTTP side listens, loopback only; port 0 takes a free one.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [new("http://127.0.0.1:8080")];

    /// <summary>Gets how many units the silo computes at once.</summary>
    /// <value>Null for what <c>OrleansWork:Engine:Slots</c> says, or one per core.</value>
    public int? Slots { get; init; }

    /// <summary>Gets how many slots may be lost to units that ignore their cancellation before the silo ends so that it is started again.</summary>
    /// <value>Null for what <c>OrleansWork:Engine:MaxLostSlots</c> says, or four per slot.</value>
    public int? MaxLostSlots { get; init; }

    /// <summary>Gets how many asynchronous units the silo lets wait at once.</summary>
    /// <value>Null for what <c>OrleansWork:Engine:AsyncSlots</c> says, or 16 per slot.</value>
    public int? AsyncSlots { get; init; }

    /// <summary>Gets the labels that jobs may require.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the assemblies, folders and projects whose job kinds the silo loads.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Gets the keys of those who may ask by HTTP.</summary>
    /// <value>With none the silo makes one and prints it.</value>
    public IReadOnlyList<AccessKey> Keys { get; init; } = [];

    /// <summary>Gets the secret that the silos of the cluster share and by which they know its clients.</summary>
    /// <value>With none it is that of the user, which their own silos and consoles share.</value>
    public ClusterSecret? Secret { get; init; }

    /// <summary>Gets the folders under which jobs may read files.</summary>
    /// <value>With none they may read none.</value>
    public IReadOnlyList<string> FileRoots { get; init; } = [];

    /// <summary>Gets whether jobs may start programs.</summary>
    public bool AllowExec { get; init; }

    /// <summary>Gets whether jobs may end the silo's process, to test faults.</summary>
    public bool AllowCrash { get; init; }

    /// <summary>Gets whether the silo serves Orleans' own dashboard, which counts every call.</summary>
    public bool OrleansDashboard { get; init; }

    /// <summary>Gets the folder for what the silo writes to disk.</summary>
    /// <value>The default is <c>.orleanswork</c> in the current folder.</value>
    public string DataDirectory { get; init; } = ".orleanswork";

    /// <summary>Gets whether the silo ends when its standard input closes, which a supervisor holds open; command line only.</summary>
    public bool WatchStdin { get; init; }

    /// <summary>Gets whether the silo only prints the job kinds that it would have, and ends; command line only.</summary>
    public bool ListKinds { get; init; }
}
