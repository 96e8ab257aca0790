using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansWork.Jobs.Files;

namespace OrleansWork.Jobs;

/// <summary>Counts the words of text files that every silo can read, exactly: each item is a file, or a part of a large one.</summary>
/// <remarks>
/// A word is a longest run of Unicode letters and decimal digits (categories L* and Nd) in UTF-8 text; anything else separates words, bytes
/// that are not UTF-8 too. Words that differ only in case are one: each letter is mapped to upper and then to lower case by the invariant
/// culture. A word belongs to the part in which it begins, so where a file is cut does not matter.
/// </remarks>
[JobKind("wordcount", Description = "Counts the words of text files")]
public sealed class WordCount : ItemJobKind<WordCount.Input, WordCount.Part, WordCount.Tally, WordCount.Result>
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Result> Kind = new("wordcount");

    /// <summary>Which files, and what to say of their words.</summary>
    public sealed record Input(
        [property: Description("files, folders and globs (*, ?, **), as the silos see them")] IReadOnlyList<string> Paths,
        [property: Description("how many of the most frequent words to list"), Range(0, 1_000_000)] int Top = 20,
        [property: Description("the letters and digits of a word that counts, at least"), Range(1, 1_000_000)] int MinLength = 1,
        [property: Description("how many bytes a unit reads, at most"), Range(1, 1 << 30)] int Block = 4_000_000
    );

    /// <summary>Bytes [From, To) of a file.</summary>
    public sealed record Part(string Path, long From, long To);

    /// <summary>The words of some parts with how often each occurs.</summary>
    public sealed record Tally(Dictionary<string, long> Counts, long Total, long Files, long Bytes);

    /// <summary>A word and how often it occurs.</summary>
    public sealed record Frequency(string Word, long Count);

    /// <summary>The most frequent words, equally frequent ones in ordinal order; how many different words, words, files and bytes there are.</summary>
    public sealed record Result(IReadOnlyList<Frequency> Words, long Distinct, long Total, long Files, long Bytes);

    /// <inheritdoc/>
    public override IEnumerable<InputProblem> Validate(Input input)
    {
        foreach (InputProblem problem in base.Validate(input))
            yield return problem;
        if (input.Paths.Count == 0 || input.Paths.Any(string.IsNullOrWhiteSpace))
            yield return new("paths", "paths names no file, or an empty one; name files, folders or globs such as docs/**/*.md.");
        foreach (string path in input.Paths.Where(path => !string.IsNullOrWhiteSpace(path)))
        {
            if (FileRoots.Refusal(path) is { } refusal)
                yield return new("paths", refusal);
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Part> Items(Input input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        SortedSet<string> files = new(StringComparer.Ordinal);
        foreach (string path in input.Paths)
            files.UnionWith(Glob.Expand(path, cancellationToken));
        foreach (string file in files)
        {
            long length = LengthOf(file);
            yield return new Part(file, 0, Math.Min(length, input.Block));
            for (long from = input.Block; from < length; from += input.Block)
                yield return new Part(file, from, Math.Min(length, from + input.Block));
        }
    }

    /// <summary>Returns the length of a file, or of the one that a link leads to.</summary>
    private static long LengthOf(string file)
    {
        using FileStream opened = FileRoots.Open(file);
        return opened.Length;
    }

    /// <inheritdoc/>
    public override Tally RunItem(Input input, Part item, UnitContext context)
    {
        Counter counter = new(input.MinLength, item.From, item.To);
        using FileStream file = FileRoots.Open(item.Path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long position = Utf8Cut.RuneBefore(file, item.From);
            file.Position = position;
            int held = 0;
            while (!counter.IsDone)
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                int read = file.Read(buffer, held, buffer.Length - held);
                held += read;
                int used = counter.Take(buffer.AsSpan(0, held), position, atEnd: read == 0);
                position += used;
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
                if (read == 0)
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new Tally(counter.Counts, counter.Total, item.From == 0 ? 1 : 0, item.To - item.From);
    }

    /// <inheritdoc/>
    public override Tally Combine(Tally left, Tally right)
    {
        foreach ((string word, long count) in right.Counts)
        {
            left.Counts.TryGetValue(word, out long before);
            left.Counts[word] = before + count;
        }

        return new Tally(left.Counts, left.Total + right.Total, left.Files + right.Files, left.Bytes + right.Bytes);
    }

    /// <inheritdoc/>
    public override Result Finish(Input input, Tally partial) =>
        new(
            [
                .. partial
                    .Counts.OrderByDescending(entry => entry.Value)
                    .ThenBy(entry => entry.Key, StringComparer.Ordinal)
                    .Take(input.Top)
                    .Select(entry => new Frequency(entry.Key, entry.Value)),
            ],
            partial.Counts.Count,
            partial.Total,
            partial.Files,
            partial.Bytes
        );

    /// <summary>Refuses: no file matches.</summary>
    public override Result Empty(Input input) =>
        throw new PermanentFailureException($"No file matches {string.Join(", ", input.Paths)} on the silo that looked for them.");

    /// <summary>Counts the words that begin in [from, to); bytes come in pieces, in order.</summary>
    private sealed class Counter(int minLength, long from, long to)
    {
        private readonly ArrayBufferWriter<char> _word = new();
        private int _length;
        private bool _isForeign;

        public Dictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);
        public long Total { get; private set; }
        public bool IsDone { get; private set; }

        /// <summary>Takes the bytes at a position of the file.</summary>
        /// <returns>How many were used: all but what may be the beginning of a character.</returns>
        public int Take(ReadOnlySpan<byte> bytes, long position, bool atEnd)
        {
            int at = 0;
            while (at < bytes.Length)
            {
                OperationStatus status = Rune.DecodeFromUtf8(bytes[at..], out Rune rune, out int size);
                if (status == OperationStatus.NeedMoreData && !atEnd)
                    return at;
                bool belongs = status == OperationStatus.Done && Rune.IsLetterOrDigit(rune);
                long start = position + at;
                at += size;
                if (belongs)
                {
                    if (_length == 0 && !_isForeign)
                    {
                        if (start >= to)
                        {
                            IsDone = true;
                            return at;
                        }

                        _isForeign = start < from;
                    }

                    if (!_isForeign)
                        Append(rune);
                    else if (start >= to)
                        IsDone = true;
                    if (IsDone)
                        return at;
                    continue;
                }

                End();
                if (position + at >= to)
                {
                    IsDone = true;
                    return at;
                }
            }

            if (atEnd)
                End();
            return at;
        }

        private void Append(Rune rune)
        {
            _word.Advance(Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)).EncodeToUtf16(_word.GetSpan(2)));
            _length++;
        }

        private void End()
        {
            if (_length >= minLength)
            {
                Total++;
                Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts = Counts.GetAlternateLookup<ReadOnlySpan<char>>();
                counts.TryGetValue(_word.WrittenSpan, out long before);
                counts[_word.WrittenSpan] = before + 1;
            }

            _word.ResetWrittenCount();
            _length = 0;
            _isForeign = false;
        }
    }
}
