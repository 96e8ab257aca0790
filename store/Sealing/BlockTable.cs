using System.IO.Hashing;

namespace OrleansWork.Store.Sealing;

/// <summary>What the first bytes of a block of the log are, by hash.</summary>
/// <param name="Length">How many bytes; 0 when nothing is known of the block.</param>
/// <param name="Hash">Their XXH3 hash of 64 bits.</param>
internal readonly record struct BlockSeal(int Length, ulong Hash)
{
    /// <summary>How long a block is, the page of a file system. A damage costs what is after the last commit before its block.</summary>
    public const int BlockBytes = 4 * 1024;

    /// <summary>Seals bytes.</summary>
    public static BlockSeal Of(ReadOnlySpan<byte> bytes) => new(bytes.Length, XxHash3.HashToUInt64(bytes));
}

/// <summary>The seals of a log's blocks, by number.</summary>
internal sealed class BlockTable
{
    private readonly List<BlockSeal> _blocks = [];

    /// <summary>Gets how many there are, up to the last that is sealed.</summary>
    public int Count => _blocks.Count;

    /// <summary>Gets or sets the seal of a block; one that was never set seals nothing.</summary>
    public BlockSeal this[int index]
    {
        get => index < _blocks.Count ? _blocks[index] : default;
        set
        {
            while (_blocks.Count <= index)
                _blocks.Add(default);
            _blocks[index] = value;
        }
    }

    /// <summary>Forgets the blocks from one on.</summary>
    public void RemoveFrom(int index)
    {
        if (index < _blocks.Count)
            _blocks.RemoveRange(index, _blocks.Count - index);
    }

    /// <summary>Returns the number of the block of an address.</summary>
    public static int IndexOf(long address) => checked((int)(address / BlockSeal.BlockBytes));

    /// <summary>Returns the address of the first byte of a block.</summary>
    public static long AddressOf(int index) => (long)index * BlockSeal.BlockBytes;
}
