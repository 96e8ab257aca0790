using System.Net.Mime;
using Microsoft.AspNetCore.Http.HttpResults;

namespace OrleansWork.Silo.Api;

/// <summary>Answers that are documents.</summary>
internal static class ApiResults
{
    /// <summary>Answers with a document.</summary>
    public static JsonHttpResult<T> Document<T>(T document, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(document, OrleansWorkJson.Documents, statusCode: status);

    /// <summary>Answers with a document that somebody else has written as <see cref="OrleansWorkJson.Documents"/> say.</summary>
    public static FileContentHttpResult Written(byte[] document) => TypedResults.Bytes(document, MediaTypeNames.Application.Json);

    /// <summary>Answers with a list that has no further pages.</summary>
    public static JsonHttpResult<Page<T>> List<T>(IReadOnlyList<T> items) =>
        Document(new Page<T>(items, NextCursor: null) { Total = items.Count });
}
