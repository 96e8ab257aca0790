using System.Runtime.CompilerServices;
using Tsavorite.core;

namespace OrleansWork.Store.Sealing;

/// <summary>Makes Garnet's files, and seals what is written to the append-only log.</summary>
internal sealed class SealedDevices(INamedDeviceFactoryCreator files, LogSealer sealer, Action<Exception> onFailure)
    : INamedDeviceFactoryCreator
{
    private const string LogName = "aof.log";

    /// <inheritdoc/>
    public INamedDeviceFactory Create(string baseName) => new Factory(files.Create(baseName), sealer, onFailure);

    private sealed class Factory(INamedDeviceFactory files, LogSealer sealer, Action<Exception> onFailure) : INamedDeviceFactory
    {
        public IDevice Get(FileDescriptor fileInfo)
        {
            IDevice file = files.Get(fileInfo);
            return fileInfo.fileName == LogName ? new SealedDevice(file, sealer, onFailure) : file;
        }

        public void Delete(FileDescriptor fileInfo) => files.Delete(fileInfo);

        public IEnumerable<FileDescriptor> ListContents(string path) => files.ListContents(path);

        public uint GetSectorSize(FileDescriptor fileInfo) => files.GetSectorSize(fileInfo);
    }
}

/// <summary>The append-only log: Garnet, and so who waits for a write, is told that it is done when it is in the file and in the seal.</summary>
internal sealed class SealedDevice(IDevice file, LogSealer sealer, Action<Exception> onFailure) : IDevice
{
    /// <inheritdoc/>
    public uint SectorSize => file.SectorSize;

    /// <inheritdoc/>
    public string FileName => file.FileName;

    /// <inheritdoc/>
    public long Capacity => file.Capacity;

    /// <inheritdoc/>
    public long SegmentSize => file.SegmentSize;

    /// <inheritdoc/>
    public int StartSegment => file.StartSegment;

    /// <inheritdoc/>
    public int EndSegment => file.EndSegment;

    /// <inheritdoc/>
    public int ThrottleLimit
    {
        get => file.ThrottleLimit;
        set => file.ThrottleLimit = value;
    }

    /// <inheritdoc/>
    public unsafe void WriteAsync(
        IntPtr alignedSourceAddress,
        ulong alignedDestinationAddress,
        uint numBytesToWrite,
        DeviceIOCompletionCallback callback,
        object context
    )
    {
        PendingSeal pending;
        try
        {
            // A write ends at a sector; what is in it after the last entry is written again.
            long address = (long)alignedDestinationAddress;
            long until = Math.Min(FlushOf<Empty>.UntilAddress((PageAsyncFlushResult<Empty>)context), address + numBytesToWrite);
            pending = sealer.Prepare(address, new ReadOnlySpan<byte>((void*)alignedSourceAddress, (int)(until - address)));
        }
        catch (Exception exception)
        {
            onFailure(exception);
            throw;
        }

        file.WriteAsync(alignedSourceAddress, alignedDestinationAddress, numBytesToWrite, OnWritten, new Write(pending, callback, context));
    }

    /// <inheritdoc/>
    public void WriteAsync(
        IntPtr sourceAddress,
        int segmentId,
        ulong destinationAddress,
        uint numBytesToWrite,
        DeviceIOCompletionCallback callback,
        object context
    ) =>
        WriteAsync(
            sourceAddress,
            checked((ulong)segmentId * (ulong)file.SegmentSize) + destinationAddress,
            numBytesToWrite,
            callback,
            context
        );

    /// <inheritdoc/>
    public void ReadAsync(
        ulong alignedSourceAddress,
        IntPtr alignedDestinationAddress,
        uint alignedReadLength,
        DeviceIOCompletionCallback callback,
        object context
    ) => file.ReadAsync(alignedSourceAddress, alignedDestinationAddress, alignedReadLength, callback, context);

    /// <inheritdoc/>
    public void ReadAsync(
        int segmentId,
        ulong sourceAddress,
        IntPtr destinationAddress,
        uint readLength,
        DeviceIOCompletionCallback callback,
        object context
    ) => file.ReadAsync(segmentId, sourceAddress, destinationAddress, readLength, callback, context);

    /// <inheritdoc/>
    public void Initialize(long segmentSize, LightEpoch? epoch = null, bool omitSegmentIdFromFilename = false) =>
        file.Initialize(segmentSize, epoch, omitSegmentIdFromFilename);

    /// <inheritdoc/>
    public bool TryComplete() => file.TryComplete();

    /// <inheritdoc/>
    public bool Throttle() => file.Throttle();

    /// <inheritdoc/>
    public long GetFileSize(int segment) => file.GetFileSize(segment);

    /// <inheritdoc/>
    public void TruncateUntilAddressAsync(long toAddress, AsyncCallback callback, IAsyncResult result) =>
        file.TruncateUntilAddressAsync(toAddress, callback, result);

    /// <inheritdoc/>
    public void TruncateUntilAddress(long toAddress) => file.TruncateUntilAddress(toAddress);

    /// <inheritdoc/>
    public void TruncateUntilSegmentAsync(int toSegment, AsyncCallback callback, IAsyncResult result) =>
        file.TruncateUntilSegmentAsync(toSegment, callback, result);

    /// <inheritdoc/>
    public void TruncateUntilSegment(int toSegment) => file.TruncateUntilSegment(toSegment);

    /// <inheritdoc/>
    public void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) =>
        file.RemoveSegmentAsync(segment, callback, result);

    /// <inheritdoc/>
    public void RemoveSegment(int segment) => file.RemoveSegment(segment);

    /// <inheritdoc/>
    public void Reset() => file.Reset();

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void OnWritten(uint errorCode, uint numBytes, object context, Exception ioException)
    {
        Write write = (Write)context;
        if (errorCode == 0)
        {
            try
            {
                sealer.Add(write.Pending);
            }
            catch (Exception exception)
            {
                // Not told: nobody is to think that it is done.
                onFailure(exception);
                return;
            }
        }

        write.Callback(errorCode, numBytes, write.Context, ioException);
    }

    private sealed record Write(PendingSeal Pending, DeviceIOCompletionCallback Callback, object Context);

    /// <summary>Reads up to where a flush of the log goes, which Garnet 2.2 tells nobody.</summary>
    private static class FlushOf<TContext>
    {
        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "untilAddress")]
        public static extern ref long UntilAddress(PageAsyncFlushResult<TContext> flush);
    }
}
