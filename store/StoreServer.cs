using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Garnet;
using Garnet.common;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Microsoft.Extensions.Logging;
using OrleansWork.Store.Files;
using OrleansWork.Store.Gate;
using OrleansWork.Store.Sealing;
using Tsavorite.core;

namespace OrleansWork.Store;

/// <summary>Garnet on a port of loopback, with a password and an append-only log that is sealed.</summary>
internal sealed class StoreServer : IDisposable
{
    // The log alone says what is stored: no checkpoints beside it, and nothing in it that empties the store at once.
    private static readonly string[] s_forbidden = ["-save", "-bgsave", "-flushall", "-flushdb"];
    private readonly GarnetServer _garnet;
    private readonly LogSealer _sealer;

    private StoreServer(GarnetServer garnet, LogSealer sealer) => (_garnet, _sealer) = (garnet, sealer);

    /// <summary>Starts it and returns when it answers.</summary>
    /// <param name="folder">Where its files are.</param>
    /// <param name="port">The port.</param>
    /// <param name="found">What is in its files.</param>
    /// <param name="logging">Takes what Garnet says.</param>
    /// <param name="time">When writes are made.</param>
    /// <param name="onFailure">Is called when a write cannot be sealed: it is not acknowledged, and nothing after it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    /// <exception cref="InvalidDataException">Garnet found less in its files than is there.</exception>
    public static async Task<StoreServer> StartAsync(
        StoreFolder folder,
        int port,
        StoreCheck found,
        ILoggerFactory logging,
        TimeProvider time,
        Action<Exception> onFailure,
        CancellationToken cancellationToken
    )
    {
        PrivateFiles.CreateFolder(folder.Store);
        string password = StoreFolder.ReadPassword(folder.PasswordFile);
        LogSealer sealer = new(folder, found, time);
        GarnetServer? garnet = null;
        try
        {
            IPEndPoint endPoint = new(IPAddress.Loopback, port);
            GarnetServerOptions options = OptionsOf(folder, endPoint, password, sealer, onFailure);
            GatedServer gate = new(endPoint, Encoding.UTF8.GetBytes(password), options, logging.CreateLogger<GatedServer>(), time);
            garnet = new GarnetServer(options, logging, [gate]);
            Start(garnet);
            using RespConnection owner = await RespConnection.OpenAsync(port, password, cancellationToken);
            await owner.AskAsync(cancellationToken, ["ACL", "SETUSER", "default", .. s_forbidden]);
            long begun = Number(await owner.AskAsync(cancellationToken, "INFO", "PERSISTENCE"), "TailAddress");

            // Others may have written meanwhile.
            if (begun < found.Committed)
                throw new InvalidDataException($"Garnet read its log up to {begun}, which goes up to {found.Committed}.");
            return new StoreServer(garnet, sealer);
        }
        catch
        {
            garnet?.Dispose();
            sealer.Dispose();
            throw;
        }
    }

    /// <summary>Stops it in order.</summary>
    public void Dispose()
    {
        _garnet.Dispose();
        _sealer.Stop();
        _sealer.Dispose();
    }

    private static void Start(GarnetServer garnet)
    {
        try
        {
            garnet.Start();
        }
        catch (GarnetException exception) when (exception.InnerException is SocketException taken)
        {
            throw new SocketException((int)taken.SocketErrorCode, exception.Message);
        }
    }

    private static GarnetServerOptions OptionsOf(
        StoreFolder folder,
        IPEndPoint endPoint,
        string password,
        LogSealer sealer,
        Action<Exception> onFailure
    ) =>
        new()
        {
            EndPoints = [endPoint],
            AuthSettings = new AclAuthenticationPasswordSettings(null, password),
            MaxDatabases = 1,
            CheckpointDir = folder.Store,
            Recover = true,
            EnableAOF = true,
            // A reply only after the flush, or a crash loses acknowledged writes.
            WaitForCommit = true,
            CommitFrequencyMs = 0,
            // Orleans' storage compares ETags in scripts.
            EnableLua = true,
            LuaOptions = new LuaOptions(LuaMemoryManagementMode.Native, "", Timeout.InfiniteTimeSpan, LuaLoggingMode.Enable, []),
            // The native device aborts on some systems.
            DeviceType = DeviceType.RandomAccess,
            DeviceFactoryCreator = new SealedDevices(
                new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
                sealer,
                onFailure
            ),
            QuietMode = true,
        };

    private static long Number(string? info, string name)
    {
        string line = info?.Split('\n').FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal)) ?? "";
        return long.TryParse(line.AsSpan(Math.Min(line.Length, name.Length + 1)).Trim(), CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new InvalidDataException($"Garnet does not say its {name}.");
    }
}
