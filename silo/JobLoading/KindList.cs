using System.Text.Json;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Lists the kinds that a silo would have, for a console that has no cluster to ask.</summary>
internal static class KindList
{
    /// <summary>Makes one line of JSON: the list that a cluster of such silos would give, each kind in its highest version.</summary>
    public static string Of(IEnumerable<JobKindDescriptor> all)
    {
        KindStatus[] kinds =
        [
            .. all.GroupBy(kind => kind.Name, StringComparer.Ordinal)
                .OrderBy(versions => versions.Key, StringComparer.Ordinal)
                .Select(versions => versions.MaxBy(kind => kind.Version)!)
                .Select(kind => new KindStatus(kind.Name, kind.Version, kind.Description, kind.InputSchema(), 0) { IsMap = kind.IsMap }),
        ];
        return JsonSerializer.Serialize(new Page<KindStatus>(kinds, null), OrleansWorkJson.Documents);
    }
}
