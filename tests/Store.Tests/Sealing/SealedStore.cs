using OrleansWork.Store.Files;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;
using OrleansWork.Store.Tests.Log;

namespace OrleansWork.Store.Tests.Sealing;

/// <summary>A store's files and its seal, written as a running store writes them.</summary>
internal sealed class SealedStore : IDisposable
{
    private const int SectorBytes = 512;
    private LogSealer _sealer;
    private long _written = LogWalker.FirstAddress;

    public SealedStore()
    {
        Folder = new StoreFolder(Directory.CreateTempSubdirectory("ow-seal-").FullName);
        Folder.TakePassword();
        Directory.CreateDirectory(Folder.Log);
        _sealer = new LogSealer(Folder, StoreCheck.Run(Folder, new Seal()), TimeProvider.System);
    }

    public StoreFolder Folder { get; }

    public string LogFile => LogFiles.PathOf(Folder.Log, 0);

    public Seal Seal =>
        SealFormat.TryRead(File.ReadAllBytes(Folder.Seal), out Seal? seal, out string? problem)
            ? seal
            : throw new InvalidDataException(problem);

    /// <summary>Writes what of a log was not written yet.</summary>
    /// <param name="log">The log.</param>
    /// <param name="until">Up to where.</param>
    /// <param name="sealIt">Whether the store lives to seal it.</param>
    public void Write(SampleLog log, long until, bool sealIt = true)
    {
        long from = _written - (_written % SectorBytes);
        byte[] bytes = log.Bytes[(int)from..(int)until];
        byte[] sectors = new byte[(bytes.Length + SectorBytes - 1) / SectorBytes * SectorBytes];
        bytes.CopyTo(sectors, 0);

        // Another writer's entry that is not whole yet.
        sectors.AsSpan(bytes.Length).Fill(0xAB);
        PendingSeal pending = _sealer.Prepare(from, bytes);
        using (FileStream file = new(LogFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read))
        {
            file.Seek(from, SeekOrigin.Begin);
            file.Write(sectors);
        }

        _written = until;
        if (sealIt)
            _sealer.Add(pending);
    }

    public void Stop() => _sealer.Stop();

    /// <summary>Starts the store again, as it was left.</summary>
    public void Restart()
    {
        _sealer.Dispose();
        SealReading read = SealReading.Read(Folder);
        _sealer = new LogSealer(Folder, StoreCheck.Run(Folder, read.Seal, read.Mark), TimeProvider.System);
    }

    public StoreFiles Files() => new(File.ReadAllBytes(Folder.Seal), File.ReadAllBytes(Folder.Mark), File.ReadAllBytes(LogFile));

    public StoreCheck Check() => StoreCheck.Run(Folder, Seal);

    public void Dispose()
    {
        _sealer.Dispose();
        Directory.Delete(Folder.DataDirectory, recursive: true);
    }
}
