using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>Makes codecs for types that the host's serializer knows.</summary>
public interface IPayloadCodecProvider
{
    /// <summary>Returns a codec, or null when the type is not one of the host's.</summary>
    PayloadCodec<T>? TryCreate<T>();
}
