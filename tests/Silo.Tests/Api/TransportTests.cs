using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Tests.Api;

/// <summary>The tests of one class share their cluster, those of both run one after the other: they count its silos.</summary>
[CollectionDefinition(nameof(ApiCollection))]
public sealed class ApiCollection : ICollectionFixture<ApiHost>;

/// <summary>By the Orleans client.</summary>
[Collection(nameof(ApiCollection))]
public sealed class OrleansTransportTests(ApiHost host) : ComputeClientContract(host)
{
    protected override IComputeClient Client => Host.Cluster.Client;
}

/// <summary>By HTTP, two addresses known.</summary>
[Collection(nameof(ApiCollection))]
public sealed class HttpTransportTests : ComputeClientContract, IDisposable
{
    private readonly HttpComputeClient _client;

    public HttpTransportTests(ApiHost host)
        : base(host) => _client = new HttpComputeClient(new HttpClusterAddress { Urls = host.Urls, Key = host.Key(AccessRole.Operator) });

    protected override IComputeClient Client => _client;

    public void Dispose() => _client.Dispose();
}
