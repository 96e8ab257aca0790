using System.Buffers;
using Orleans.Serialization;
using Orleans.Storage;

namespace OrleansWork.Engine.Storage;

/// <summary>Encodes stored documents for a provider; bytes that are none fail by a name of their own, so that nobody takes them for a provider that is away.</summary>
internal sealed class DocumentSerializer(Serializer serializer) : IGrainStorageSerializer
{
    // What the stored form of a document adds to its content, with room to spare.
    private const int AroundContentBytes = 256;

    private readonly OrleansGrainStorageSerializer _inner = new(serializer);

    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input)
    {
        // A buffer that grows to a page of a megabyte leaves three of garbage behind.
        ArrayBufferWriter<byte> buffer = new((input as StoredDocument)?.Content.Length + AroundContentBytes ?? AroundContentBytes);
        serializer.Serialize(input, buffer);
        return new BinaryData(buffer.WrittenMemory);
    }

    /// <inheritdoc/>
    public T? Deserialize<T>(BinaryData input)
    {
        try
        {
            return _inner.Deserialize<T>(input);
        }
        catch (Exception exception)
        {
            throw new StoredRecordException(
                $"{input.ToMemory().Length} bytes are no stored document: {exception.Message}",
                isForGood: true,
                exception
            );
        }
    }
}
