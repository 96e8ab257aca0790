using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;
using OrleansWork.Engine.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

public sealed class ClientFramesTests : IDisposable
{
    private const uint Request = 1 << 16;
    private const uint Answer = 2 << 16;
    private const uint OneWay = 3 << 16;
    private const uint Invalidation = 1 << 7;
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private SerializerSessionPool Sessions => _services.GetRequiredService<SerializerSessionPool>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public Task Read_WhatAClientSends_PassesUnchangedHoweverItIsCut()
    {
        return Gen.Select(Gen.Int[0, 3000].Array[0, 6], Gen.Int[1, 2000].Array[1, 40])
            .SampleAsync(
                async (bodies, cuts) =>
                {
                    byte[] sent =
                    [
                        .. Preamble("0123"),
                        .. bodies.SelectMany((body, i) => Frame(i % 2 == 0 ? Request : OneWay, "client", "grain", body)),
                    ];
                    (byte[] seen, string? why) = await PassAsync(sent, cuts, takesAnswers: false);
                    Assert.Null(why);
                    Assert.Equal(sent, seen);
                },
                iter: 200,
                threads: 1
            );
    }

    [Theory]
    [InlineData(Request, "grain", "grain")]
    [InlineData(Request, "target", "grain")]
    [InlineData(Request, "hosted", "grain")]
    [InlineData(Request, "nobody", "grain")]
    [InlineData(Request, "client", "client")]
    [InlineData(Request, "client", "hosted")]
    [InlineData(Request | Invalidation, "client", "grain")]
    [InlineData(Answer, "client", "grain")]
    [InlineData(0u, "client", "grain")]
    [InlineData(7u << 16, "client", "grain")]
    public Task Read_WhatNoClientSends_IsNeverSeenHoweverItIsCut(uint flags, string sender, string target)
    {
        return Gen.Select(Gen.Int[0, 500].Array[0, 4], Gen.Int[1, 300].Array[1, 40])
            .SampleAsync(
                async (bodies, cuts) =>
                {
                    byte[] good = [.. Preamble("0123"), .. bodies.SelectMany(body => Frame(Request, "client", "grain", body))];
                    byte[] bad = Frame(flags, sender, target, 20);
                    (byte[] seen, string? why) = await PassAsync(
                        [.. good, .. bad, .. Frame(Request, "client", "grain", 1)],
                        cuts,
                        takesAnswers: false
                    );
                    Assert.NotNull(why);

                    // All before it may pass, and of itself less than the whole.
                    Assert.True(seen.Length < good.Length + bad.Length, $"{seen.Length} of {good.Length} + {bad.Length}");
                },
                iter: 60,
                threads: 1
            );
    }

    [Fact]
    public async Task Read_AnswersToAHostThatAsks_Pass()
    {
        byte[] sent = [.. Preamble("0123"), .. Frame(Answer, "client", "grain", 10), .. Frame(Request, "client", "client", 10)];
        (byte[] seen, string? why) = await PassAsync(sent, [100], takesAnswers: true);
        Assert.Null(why);
        Assert.Equal(sent, seen);
    }

    [Fact]
    public async Task Read_NameOfASilosOwnClient_IsRefused()
    {
        (byte[] seen, string? why) = await PassAsync(Preamble("hosted-127.0.0.1:11111@154"), [1000], takesAnswers: true);
        Assert.Contains("name", why, StringComparison.Ordinal);
        Assert.Empty(seen);
        Assert.Null((await PassAsync(Preamble("hosted-production"), [1000], takesAnswers: true)).Why);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 10)]
    [InlineData(10, -1)]
    [InlineData(int.MinValue, int.MaxValue)]
    public async Task Read_ImpossibleLengths_AreRefused(int head, int body)
    {
        byte[] lengths = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, head);
        BinaryPrimitives.WriteInt32LittleEndian(lengths.AsSpan(4), body);
        (_, string? why) = await PassAsync([.. Preamble("0123"), .. lengths, .. new byte[100]], [1000], takesAnswers: true);
        Assert.Contains("length", why, StringComparison.Ordinal);
    }

    [Fact]
    public Task Read_AnyHead_EndsInAnAnswerNotInAnException()
    {
        return Gen
            .Byte.Array[1, 80]
            .SampleAsync(
                async head =>
                {
                    byte[] lengths = new byte[8];
                    BinaryPrimitives.WriteInt32LittleEndian(lengths, head.Length);
                    await PassAsync([.. Preamble("0123"), .. lengths, .. head], [1000], takesAnswers: false);
                },
                iter: 2000,
                threads: 1
            );
    }

    private static byte[] Preamble(string name) => [.. BitConverter.GetBytes(name.Length), .. System.Text.Encoding.ASCII.GetBytes(name)];

    /// <summary>Writes a message as Orleans does: lengths, flags, id, sender, target, whatever follows, and a body.</summary>
    private byte[] Frame(uint flags, string sender, string target, int bodyBytes)
    {
        ArrayBufferWriter<byte> output = new();
        using (SerializerSession session = Sessions.GetSession())
        {
            Writer<ArrayBufferWriter<byte>> writer = Writer.Create(output, session);
            writer.WriteUInt32(flags);
            writer.WriteInt64(4711);
            foreach (string id in (string[])[sender, target])
            {
                (string type, string key) = id switch
                {
                    "client" => ("sys.client", "0a1b2c"),
                    "hosted" => ("sys.client", "hosted-127.0.0.1:11111@154"),
                    "target" => ("sys.svc.catalog", "127.0.0.1:11111@154"),
                    "nobody" => ("", ""),
                    _ => ("job", "any"),
                };
                IdSpanCodec.WriteRaw(ref writer, IdSpan.Create(type));
                IdSpanCodec.WriteRaw(ref writer, IdSpan.Create(key));
            }

            writer.WriteInt64(0);
            writer.Commit();
        }

        byte[] frame =
        [
            .. BitConverter.GetBytes(output.WrittenCount),
            .. BitConverter.GetBytes(bodyBytes),
            .. output.WrittenSpan,
            .. new byte[bodyBytes],
        ];
        new Random(bodyBytes).NextBytes(frame.AsSpan(frame.Length - bodyBytes));
        return frame;
    }

    /// <summary>Sends bytes in pieces of some sizes, reads them as Orleans does, a preamble and whole messages, and returns what was to be seen.</summary>
    private async Task<(byte[] Seen, string? Why)> PassAsync(byte[] sent, int[] cuts, bool takesAnswers)
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: 16));
        string? why = null;
        ClientFrames frames = new(pipe.Reader, Sessions, takesAnswers, refusal => why = refusal);
        ArrayBufferWriter<byte> seen = new();
        int at = 0;
        for (int cut = 0; at < sent.Length; cut++)
        {
            int count = Math.Min(cuts[cut % cuts.Length], sent.Length - at);
            await pipe.Writer.WriteAsync(sent.AsMemory(at, count));
            at += count;
            ReadResult read = await frames.ReadAsync();
            if (read.IsCompleted)
                return (seen.WrittenSpan.ToArray(), why);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (WholeIn(rest, isFirst: seen.WrittenCount == 0) is > 0 and long length)
            {
                seen.Write(rest.Slice(0, length).ToArray());
                rest = rest.Slice(length);
            }

            frames.AdvanceTo(rest.Start, rest.End);
        }

        return (seen.WrittenSpan.ToArray(), why);
    }

    private static long WholeIn(ReadOnlySequence<byte> buffer, bool isFirst)
    {
        int lengths = isFirst ? 4 : 8;
        if (buffer.Length < lengths)
            return 0;
        byte[] words = buffer.Slice(0, lengths).ToArray();
        long length = lengths + words.Chunk(4).Sum(word => (long)BitConverter.ToInt32(word));
        return length <= buffer.Length ? length : 0;
    }
}
