// As an author writes it: a file without a namespace.
#pragma warning disable CA1050
using System.Security.Cryptography;
using OrleansWork;

[JobKind("thumbprints", Description = "Computes the SHA-256 of files")]
public sealed class Thumbprints : MapKind<Thumbprints.Input, string, Thumbprints.Output>
{
    public static readonly JobKindRef<Input, Output> Kind = KindOf<Thumbprints>();

    public sealed record Input(string Folder);

    public sealed record Output(string Path, string Sha256);

    // Once, on one silo; then every silo sees the stored items.
    public override IAsyncEnumerable<string> Items(Input input, CancellationToken cancellationToken) =>
        Directory.EnumerateFiles(input.Folder).Order(StringComparer.Ordinal).ToAsyncEnumerable();

    // Or RunItemAsync, for work that waits.
    public override Output RunItem(Input input, string item, UnitContext context)
    {
        using FileStream file = File.OpenRead(item);
        return new(item, Convert.ToHexStringLower(SHA256.HashData(file)));
    }
}
