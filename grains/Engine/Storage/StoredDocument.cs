using System.IO.Hashing;
using Orleans.Storage;

namespace OrleansWork.Engine.Storage;

/// <summary>The stored form of every document: what wrote it, and its content in the engine's own encoding, whatever the provider does.</summary>
[GenerateSerializer, Alias("ow.StoredDocument")]
internal sealed class StoredDocument
{
    [Id(0)]
    public int Schema { get; set; }

    [Id(1)]
    public byte[] Content { get; set; } = [];

    /// <summary>Gets or sets a random number of the slot that wrote it, by which a writer knows its own writes again.</summary>
    [Id(2)]
    public ulong Writer { get; set; }

    /// <summary>Gets or sets the XxHash64 of the content; 0 in documents of builds that wrote none.</summary>
    [Id(3)]
    public ulong Checksum { get; set; }

    /// <summary>Makes the stored form of content.</summary>
    public static StoredDocument Of(int schema, byte[] content, ulong writer = 0) =>
        new()
        {
            Schema = schema,
            Content = content,
            Writer = writer,
            Checksum = XxHash64.HashToUInt64(content),
        };

    /// <summary>Throws when the content is not what was written.</summary>
    /// <exception cref="StoredRecordException">It is not.</exception>
    public void Check(string what)
    {
        if (Checksum != 0 && Checksum != XxHash64.HashToUInt64(Content))
            throw new StoredRecordException(
                $"The stored {what} is corrupt: its {Content.Length} bytes have another checksum.",
                isForGood: true
            );
    }
}
