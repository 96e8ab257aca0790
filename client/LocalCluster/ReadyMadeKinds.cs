using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace OrleansWork.Console.LocalCluster;

/// <summary>The names of the kinds that every local cluster has, read from the assembly beside the silo's program: it is not loaded.</summary>
internal static class ReadyMadeKinds
{
    private const string Assembly = "OrleansWork.Jobs.dll";
    private const ushort Prolog = 1;

    /// <summary>Reads the names.</summary>
    /// <param name="siloProgram">The path of the silo's program.</param>
    /// <returns>Those that are written in <see cref="JobKindAttribute"/>; none where the assembly is not there or cannot be read.</returns>
    public static IReadOnlyList<string> Read(string siloProgram)
    {
        try
        {
            using PEReader file = new(File.OpenRead(Path.Combine(Path.GetDirectoryName(siloProgram)!, Assembly)));
            MetadataReader metadata = file.GetMetadataReader();
            return [.. metadata.CustomAttributes.Select(metadata.GetCustomAttribute).Select(a => NameIn(metadata, a)).OfType<string>()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return [];
        }
    }

    private static string? NameIn(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
            return null;
        EntityHandle type = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        if (
            type.Kind != HandleKind.TypeReference
            || !metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)type).Name, nameof(JobKindAttribute))
        )
            return null;
        BlobReader value = metadata.GetBlobReader(attribute.Value);
        return value.ReadUInt16() == Prolog ? value.ReadSerializedString() : null;
    }
}
