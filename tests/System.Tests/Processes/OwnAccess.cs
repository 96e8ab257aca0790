using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using OrleansWork.Protocol.Security;

namespace OrleansWork.SystemTests.Processes;

/// <summary>A cluster's secret and its owner's key, for silos that tests start by hand.</summary>
internal sealed class OwnAccess
{
    public string Secret { get; } = ClusterSecret.Create();

    public string Key { get; } = RandomNumberGenerator.GetHexString(32);

    /// <summary>Gets what a silo is told, where no other user sees it.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment => EnvironmentWith([]);

    /// <summary>Returns the same with further keys.</summary>
    public IReadOnlyList<(string Name, string Value)> EnvironmentWith(IReadOnlyList<string> keys) =>
        [("OrleansWork__Secret", Secret), ("OrleansWork__Keys", string.Join(',', [Setting("owner", "operator", Key), .. keys]))];

    /// <summary>Returns how a key is written in the setting of a silo.</summary>
    public static string Setting(string name, string role, string key) =>
        $"{name}:{role}:{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    /// <summary>Makes a client of HTTP that has the key.</summary>
    public HttpClient Http(string? address = null) => HttpOf(Key, address);

    /// <summary>Makes a client of HTTP that has a key.</summary>
    public static HttpClient HttpOf(string key, string? address = null)
    {
        HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (address is not null)
            http.BaseAddress = new Uri(address);
        return http;
    }
}
