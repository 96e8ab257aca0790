using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace OrleansWork.Silo.Page;

/// <summary>The files of the page: embedded in the silo's assembly, so that no path of a request ever reaches a disk.</summary>
internal sealed class PageFiles
{
    /// <summary>The file that is served at <c>/</c>.</summary>
    public const string Index = "index.html";

    private const string Prefix = "page/";

    private static readonly Lazy<PageFiles> s_ofSilo = new(static () => new PageFiles(typeof(PageFiles).Assembly));

    private readonly FrozenDictionary<string, PageFile> _files;

    /// <summary>Reads them.</summary>
    public PageFiles(Assembly assembly)
    {
        FileExtensionContentTypeProvider types = new();
        types.Mappings[".mjs"] = types.Mappings[".js"];
        _files = assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => name[Prefix.Length..].Replace('\\', '/'),
                name => PageFile.Read(assembly, name, types.TryGetContentType(name, out string? type) ? type : "text/plain"),
                StringComparer.Ordinal
            );
    }

    /// <summary>Gets those of this silo.</summary>
    public static PageFiles OfSilo => s_ofSilo.Value;

    /// <summary>Gets the names of the files.</summary>
    public IEnumerable<string> Names => _files.Keys;

    /// <summary>Finds a file by its name, such as <c>js/main.js</c>; an empty name is that of <see cref="Index"/>.</summary>
    /// <returns>Null when there is none.</returns>
    public PageFile? Find(string name) => _files.GetValueOrDefault(name.Length == 0 ? Index : name);
}

/// <summary>A file of the page.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Packed">Its bytes by gzip; null where that saves nothing.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Tag">Names its content.</param>
internal sealed record PageFile(byte[] Content, byte[]? Packed, string MediaType, EntityTagHeaderValue Tag)
{
    /// <summary>Reads one from an assembly.</summary>
    public static PageFile Read(Assembly assembly, string resource, string mediaType)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(content);
        bool isText = mediaType.StartsWith("text/", StringComparison.Ordinal) || mediaType.Contains("svg", StringComparison.Ordinal);
        return new PageFile(
            content,
            packed.Length < content.Length * 9 / 10 ? packed.ToArray() : null,
            isText ? $"{mediaType}; charset=utf-8" : mediaType,
            new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..8])}\"")
        );
    }
}
