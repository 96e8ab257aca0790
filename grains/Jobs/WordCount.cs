using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using OrleansWork.Jobs.Files;

namespace OrleansWork.Jobs;

/// <summary>Counts the words of text files that every silo can read, exactly: each item is a file, or a part of a large one.</summary>
/// <remarks>
/// A word is a letter or decimal digit (Unicode categories L* and Nd) with all letters, digits, combining marks (M*) and joiners (U+200C, U+200D)
/// that follow it in UTF-8 text; anything else separates words, bytes that are not UTF-8 too. Words that differ only in case, or in how their
/// letters are composed, are one, and shown composed: each letter is mapped to upper and then to lower case by the invariant culture. A
/// word belongs to the part in which it begins, so where a file is cut does not matter.
/// </remarks>
[JobKind("wordcount", Version = 2, Description = "Counts the words of text files")]
public sealed class WordCount : ItemJobKind<WordCount.Input, WordCount.Part, WordCount.Tally, WordCount.Result>
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Names this kind with its types.</summary>
    public static readonly JobKindRef<Input, Result> Kind = KindOf<WordCount>();

    /// <summary>Which files, and what to say of their words.</summary>
    public sealed record Input(
        [property: Description("files, folders and globs (*, ?, **), as the silos see them")] IReadOnlyList<string> Paths,
        [property: Description("how many of the most frequent words to list"), Range(0, 1_000_000)] int Top = 20,
        [property: Description("the letters and digits of a word that counts, at least"), Range(1, 1_000_000)] int MinLength = 1,
        [property: Description("how many bytes a unit reads, at most"), Range(1, 1 << 30)] int Block = 4_000_000
    );

    /// <summary>Bytes [From, To) of a file; or a path below a folder or of a pattern that is left out because it is <paramref name="Other"/>.</summary>
    public sealed record Part(string Path, long From, long To, string? Other = null);

    /// <summary>The words of some parts with how often each occurs, and what was left out.</summary>
    public sealed record Tally(Dictionary<string, long> Counts, long Total, long Files, long Bytes, List<string>? LeftOut = null);

    /// <summary>A word and how often it occurs.</summary>
    public sealed record Frequency(string Word, long Count);

    /// <summary>The most frequent words, equally frequent ones in ordinal order; how many different words, words, files and bytes there are; and
    /// the pipes, sockets and devices below folders and of patterns, with what they are, which are no files to read.</summary>
    public sealed record Result(
        IReadOnlyList<Frequency> Words,
        long Distinct,
        long Total,
        long Files,
        long Bytes,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? LeftOut = null
    );

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
            else if (RegularFile.OtherKind(Path.GetFullPath(path)) is { } other)
                yield return new("paths", RegularFile.Refuse(path, other));
        }
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Part> Items(Input input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        SortedSet<string> files = new(StringComparer.Ordinal);
        SortedSet<string> named = new(StringComparer.Ordinal);
        foreach (string path in input.Paths)
        {
            foreach (string file in Glob.Expand(path, cancellationToken))
            {
                files.Add(file);
                if (file == Path.GetFullPath(path))
                    named.Add(file);
            }
        }

        foreach (string file in files)
        {
            if (!named.Contains(file) && RegularFile.OtherKind(file) is { } other)
            {
                yield return new Part(file, 0, 0, other);
                continue;
            }

            long length = LengthOf(file);
            yield return new Part(file, 0, Math.Min(length, input.Block));
            for (long from = input.Block; from < length; from += input.Block)
                yield return new Part(file, from, Math.Min(length, from + input.Block));
        }
    }

    /// <summary>Returns the length of a file, or of the one that a link leads to.</summary>
    /// <exception cref="PermanentFailureException">It has more in it than it says, as the kernel's own files.</exception>
    private static long LengthOf(string file)
    {
        using FileStream stream = FileRoots.Open(file);
        long length = stream.Length;
        return length > 0 || stream.ReadByte() < 0
            ? length
            : throw new PermanentFailureException(
                $"{file} does not tell how long it is, like a file of the kernel; copy it, and name the copy."
            );
    }

    /// <inheritdoc/>
    public override Tally RunItem(Input input, Part item, UnitContext context)
    {
        if (item.Other is { } other)
            return new Tally([], 0, 0, 0, [$"{item.Path}: {other}"]);
        Counter counter = new(item.From, item.To);
        using FileStream file = FileRoots.Open(item.Path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long position = Utf8Cut.BaseBefore(file, item.From, context.CancellationToken);
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

        (Dictionary<string, long> counts, long total) = Fold(counter.Written, input.MinLength);
        return new Tally(counts, total, item.From == 0 ? 1 : 0, item.To - item.From);
    }

    /// <inheritdoc/>
    public override Tally Combine(Tally left, Tally right)
    {
        foreach ((string word, long count) in right.Counts)
        {
            left.Counts.TryGetValue(word, out long before);
            left.Counts[word] = before + count;
        }

        return new Tally(
            left.Counts,
            left.Total + right.Total,
            left.Files + right.Files,
            left.Bytes + right.Bytes,
            left.LeftOut is null ? right.LeftOut : [.. left.LeftOut, .. right.LeftOut ?? []]
        );
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
            partial.Bytes,
            partial.LeftOut
        );

    /// <summary>Refuses: no file matches.</summary>
    public override Result Empty(Input input) =>
        throw new PermanentFailureException($"No file matches {string.Join(", ", input.Paths)} on the silo that looked for them.");

    /// <summary>Makes one word of its spellings, and leaves out those that are too short.</summary>
    private static (Dictionary<string, long> Counts, long Total) Fold(Dictionary<string, long> written, int minLength)
    {
        Dictionary<string, long> counts = new(written.Count, StringComparer.Ordinal);
        long total = 0;
        foreach ((string spelling, long count) in written)
        {
            string word = Words.Fold(spelling);
            if (Words.LengthOf(word) < minLength)
                continue;
            total += count;
            counts[word] = counts.GetValueOrDefault(word) + count;
        }

        return (counts, total);
    }

    /// <summary>Counts the words that begin in [from, to), as they are written; bytes come in pieces, in order.</summary>
    private sealed class Counter(long from, long to)
    {
        private readonly ArrayBufferWriter<char> _word = new();
        private bool _isForeign;

        public Dictionary<string, long> Written { get; } = new(StringComparer.Ordinal);
        public bool IsDone { get; private set; }

        private bool IsInWord => _isForeign || _word.WrittenCount > 0;

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
                bool belongs = status == OperationStatus.Done && (IsInWord ? Words.Continues(rune) : Words.Begins(rune));
                long start = position + at;
                at += size;
                if (belongs)
                {
                    if (!IsInWord)
                    {
                        if (start >= to)
                        {
                            IsDone = true;
                            return at;
                        }

                        _isForeign = start < from;
                    }

                    if (!_isForeign)
                        _word.Advance(rune.EncodeToUtf16(_word.GetSpan(2)));
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

        private void End()
        {
            if (_word.WrittenCount > 0)
            {
                Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts = Written.GetAlternateLookup<ReadOnlySpan<char>>();
                counts.TryGetValue(_word.WrittenSpan, out long before);
                counts[_word.WrittenSpan] = before + 1;
            }

            _word.ResetWrittenCount();
            _isForeign = false;
        }
    }
}
