using System.Buffers;
using System.Text.Json;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>One writer per thread: partials are small and many.</summary>
internal static class JsonWriters
{
    private static readonly JsonWriterOptions Options = new() { Encoder = OrleansWorkJson.Payloads.Encoder, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _idle;

    public static Utf8JsonWriter Rent(IBufferWriter<byte> output)
    {
        if (_idle is not { } writer)
            return new Utf8JsonWriter(output, Options);
        _idle = null;
        writer.Reset(output);
        return writer;
    }

    public static void Return(Utf8JsonWriter writer)
    {
        // What is pending after an exception goes nowhere.
        writer.Reset(Nowhere.Instance);
        _idle = writer;
    }

    private sealed class Nowhere : IBufferWriter<byte>
    {
        public static readonly Nowhere Instance = new();

        public void Advance(int count) { }

        public Memory<byte> GetMemory(int sizeHint = 0) => new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
