using System.Buffers;
using CsCheck;
using OrleansWork.Store.Log;
using OrleansWork.Store.Sealing;
using Xunit;

namespace OrleansWork.Store.Tests.Sealing;

public sealed class SealFormatTests
{
    private static readonly Gen<Seal> GenSeal = Gen.Select(
        Gen.Select(Gen.Int[0, BlockSeal.BlockBytes], Gen.ULong).Array[0, 30],
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 64], Gen.Long, Gen.Long).Array[0, 10],
        Gen.Select(Gen.String, Gen.Long, Gen.ULong).Array[0, 3],
        Gen.Long[1, long.MaxValue],
        Gen.Bool,
        (blocks, jobs, files, committed, stopped) =>
        {
            Seal seal = new()
            {
                Committed = committed,
                Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                StoppedInOrder = stopped,
                Generation = 4711,
            };
            for (int i = 0; i < blocks.Length; i++)
                seal.Blocks[i] = new BlockSeal(blocks[i].Item1, blocks[i].Item2);
            foreach ((string id, long first, long last) in jobs)
                seal.Jobs.Restore(id, new JobSpan(first, last));
            foreach ((string path, long length, ulong hash) in files)
                seal.Files.Add(new SealedFile(path, length, hash));
            return seal;
        }
    );

    [Fact]
    public void TryRead_AnySealThatWasWritten_IsTheSame() =>
        GenSeal.Sample(seal =>
        {
            Assert.True(SealFormat.TryRead(Write(seal), out Seal? read, out string? problem), problem);
            Assert.Equal(seal.Committed, read.Committed);
            Assert.Equal(seal.Time, read.Time);
            Assert.Equal(seal.StoppedInOrder, read.StoppedInOrder);
            Assert.Equal((seal.Generation, true), (read.Generation, read.IsMarked));
            Assert.Equal(Write(seal).Length, read.EndBytes);
            Assert.Equal(read.EndBytes, read.WholeBytes);
            Assert.Equal(seal.Files.Where(f => Paths.IsText(f.Path)), read.Files.Where(f => Paths.IsText(f.Path)));
            Assert.Equal(seal.Jobs.Spans, read.Jobs.Spans);
            for (int i = 0; i < seal.Blocks.Count; i++)
                Assert.Equal(seal.Blocks[i].Length == 0 ? default : seal.Blocks[i], read.Blocks[i]);
        });

    [Fact]
    public void TryRead_CutAnywhereAfterItsHeader_IsReadUpToThere() =>
        Gen.Select(GenSeal, Gen.Double.Unit)
            .Sample(
                (seal, part) =>
                {
                    byte[] bytes = Write(seal);
                    int end = SealHeader.Marked.Length + (int)(part * (bytes.Length - SealHeader.Marked.Length));
                    Assert.True(SealFormat.TryRead(bytes.AsSpan(0, end), out Seal? read, out string? problem), problem);
                    Assert.InRange(read.EndBytes, SealHeader.Marked.Length, end);
                    Assert.Equal(end == bytes.Length, read.WholeBytes > 0);

                    // A file system that was switched off leaves zeros where nothing was written yet.
                    Assert.True(SealFormat.TryRead([.. bytes, .. new byte[5_000]], out _, out problem), problem);
                }
            );

    [Fact]
    public void TryRead_FlippedBit_IsToldOrOnlyCutsTheEnd() =>
        Gen.Select(GenSeal, Gen.Double.Unit, Gen.Int[0, 7])
            .Sample(
                (seal, part, bit) =>
                {
                    byte[] bytes = Write(seal);
                    int at = (int)(part * (bytes.Length - 1));
                    bytes[at] ^= (byte)(1 << bit);
                    if (!SealFormat.TryRead(bytes, out Seal? read, out string? problem))
                        Assert.False(string.IsNullOrEmpty(problem));
                    else
                        // A length that goes beyond the end looks as a record that was being written; that it ends too early is the mark's to say.
                        Assert.True(read.EndBytes < bytes.Length);
                }
            );

    [Fact]
    public void TryRead_Empty_SaysSo()
    {
        Assert.False(SealFormat.TryRead([], out _, out string? problem));
        Assert.Equal("it is empty", problem);
        Assert.False(SealFormat.TryRead("something else"u8, out _, out problem));
        Assert.Equal("it does not begin as a seal", problem);
    }

    private static byte[] Write(Seal seal)
    {
        ArrayBufferWriter<byte> bytes = new();
        SealFormat.Write(bytes, seal);
        return bytes.WrittenSpan.ToArray();
    }

    private static class Paths
    {
        // Half a character does not survive UTF-8, and no file has it in its name.
        public static bool IsText(string path) => !path.Any(char.IsSurrogate);
    }
}
