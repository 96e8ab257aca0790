using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansWork.PageTests.Browsing;
using OrleansWork.Protocol.Security;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.PageTests.Clusters;

/// <summary>One silo that keeps everything in memory, on which no job has run, with a key of each role, and with the dashboard of Orleans.</summary>
[SupportedOSPlatform("linux")]
public sealed class LoneSilo : IAsyncLifetime
{
    private RunningProgram? _program;
    private Uri? _address;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Chromium.SkipReason is not null)
            return;
        string keys = string.Join(
            ',',
            ((string[])["viewer", "submitter", "operator"]).Select(role => $"{role}:{role}:{HashOf(KeyOf(role))}")
        );
        _program = RunningProgram.Start(
            Programs.Silo,
            ["--silo-port", "0", "--gateway-port", "0", "--urls", "http://127.0.0.1:0", "--slots", "2", "--orleans-dashboard"],
            ("OrleansWork__Secret", ClusterSecret.Create()),
            ("OrleansWork__Keys", keys)
        );
        await Eventually.TrueAsync(
            () => _program.Output.Contains('\n', StringComparison.Ordinal) || _program.HasExited,
            () => _program.Error
        );
        JsonElement ready = JsonSerializer.Deserialize<JsonElement>(_program.Output.AsSpan("ready ".Length));
        _address = new Uri(ready.GetProperty("http").GetString()!);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
            await _program.DisposeAsync();
    }

    /// <summary>Returns a view of its page, as somebody with a role; with none, as somebody without a key.</summary>
    internal Place At(string? role, string view = "/") => new(_address!, role is null ? null : KeyOf(role), view);

    /// <summary>Returns the key of a role.</summary>
    internal static string KeyOf(string role) => $"{role}-0123456789abcdef0123456789abcdef";

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
