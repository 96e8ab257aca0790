using OrleansWork.Values;

namespace OrleansWork;

/// <summary>Makes codecs for types that the host's serializer knows.</summary>
public interface IPayloadCodecProvider
{
    /// <summary>Returns a codec, or null when the type is not one of the host's.</summary>
    PayloadCodec<T>? TryCreate<T>();
}
