using System.Buffers;
using Orleans.Serialization;

namespace OrleansWork.Engine.Execution;

/// <summary>Codecs by Orleans' serializer, for types marked <c>[GenerateSerializer]</c>.</summary>
internal sealed class OrleansPayloadCodecs(Serializer serializer) : IPayloadCodecProvider
{
    /// <inheritdoc/>
    public PayloadCodec<T>? TryCreate<T>() => serializer.CanSerialize<T>() ? new OrleansCodec<T>(serializer) : null;

    private sealed class OrleansCodec<T>(Serializer serializer) : PayloadCodec<T>
    {
        private readonly Serializer<T> _serializer = serializer.GetSerializer<T>();

        public override void Encode(T value, IBufferWriter<byte> output) => _serializer.Serialize(value, output);

        public override T Decode(ReadOnlySpan<byte> bytes) => _serializer.Deserialize(bytes)!;
    }
}
