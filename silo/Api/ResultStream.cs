using System.Globalization;
using Microsoft.Net.Http.Headers;
using OrleansWork.Http;
using OrleansWork.Protocol;

namespace OrleansWork.Silo.Api;

/// <summary>Sends results piece by piece, as fast as the reader takes them: no more than a piece is held.</summary>
internal sealed class ResultStream : IResult
{
    private readonly string _mediaType;
    private readonly IAsyncEnumerable<ReadOnlyMemory<byte>> _pieces;
    private readonly long? _total;
    private readonly long _from;
    private byte[]? _first;

    private ResultStream(
        string mediaType,
        IAsyncEnumerable<ReadOnlyMemory<byte>> pieces,
        long? total = null,
        long from = 0,
        byte[]? first = null
    ) => (_mediaType, _pieces, _total, _from, _first) = (mediaType, pieces, total, from, first);

    /// <summary>Opens the result of a job that has succeeded, from the byte on that the request's range begins with.</summary>
    /// <exception cref="RequestException">It could not be read.</exception>
    public static async Task<IResult> OpenAsync(GrainJobHandle job, HttpRequest request, CancellationToken cancellationToken)
    {
        long from = FromOf(request);
        ResultReply first = await job.PieceAsync(from, cancellationToken);
        if (first.TotalBytes < 0)
            return new ResultStream(first.MediaType, job.ChunksAsync(cancellationToken));
        if (from > 0 && from >= first.TotalBytes)
            throw Problems.Wrong(HeaderNames.Range, $"The result has {first.TotalBytes} bytes; the range begins at {from}.");
        return new ResultStream(
            first.MediaType,
            job.PiecesAsync(first.TotalBytes, from + first.Piece.Length, cancellationToken),
            first.TotalBytes,
            from,
            first.Piece
        );
    }

    /// <summary>Sends results of units, a line each.</summary>
    public static IResult Of(IEnumerable<UnitResult> results) =>
        TypedResults.Bytes(LinesOf(results), JobKindDescriptor.UnitResultsMediaType);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.ContentType = _mediaType;
        if (_total is null)
            response.Headers[HttpApi.OfUnits] = "true";
        if (_total is { } total)
        {
            response.Headers.AcceptRanges = "bytes";
            response.ContentLength = total - _from;
            if (_from > 0)
            {
                response.StatusCode = StatusCodes.Status206PartialContent;
                response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {_from}-{total - 1}/{total}");
            }
        }

        if (_first is { } first)
            await response.Body.WriteAsync(first, httpContext.RequestAborted);
        _first = null;
        await foreach (ReadOnlyMemory<byte> piece in _pieces.WithCancellation(httpContext.RequestAborted))
            await response.Body.WriteAsync(piece, httpContext.RequestAborted);
    }

    private static byte[] LinesOf(IEnumerable<UnitResult> results)
    {
        using MemoryStream lines = new();
        foreach (UnitResult result in results)
            result.WriteLine(lines);
        return lines.ToArray();
    }

    /// <summary>Returns where a range of the form <c>bytes=N-</c> begins; others are not served, so that the whole is sent.</summary>
    private static long FromOf(HttpRequest request) =>
        RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out RangeHeaderValue? range)
        && range.Unit == "bytes"
        && range.Ranges.Count == 1
        && range.Ranges.First() is { From: { } from, To: null }
            ? from
            : 0;
}
