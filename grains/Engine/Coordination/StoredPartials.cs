using OrleansWork.Engine.Storage;
using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Engine.Coordination;

/// <summary>Where the partials of a run are stored, by handle: what lies in pages is written once.</summary>
internal sealed class StoredPartials
{
    private readonly Dictionary<long, StoredPayload> _places = [];

    /// <summary>Forgets those that a snapshot no longer holds.</summary>
    /// <returns>The handles of those whose bytes are to be written with it.</returns>
    public long[] ToWrite(JobSnapshot snapshot)
    {
        HashSet<long> held = [.. snapshot.Nodes.Select(node => node.Handle)];
        foreach (long handle in _places.Keys.Where(handle => !held.Contains(handle)).ToArray())
            _places.Remove(handle);
        return [.. held.Where(handle => !_places.ContainsKey(handle))];
    }

    /// <summary>Says where a partial lies in the record that is being written.</summary>
    /// <param name="handle">The partial.</param>
    /// <param name="encoded">The bytes of those that <see cref="ToWrite"/> named.</param>
    /// <param name="pages">Where they, and what lies in the record itself, find their place.</param>
    public StoredPayload Place(long handle, IReadOnlyDictionary<long, byte[]> encoded, PayloadWriter pages) =>
        encoded.TryGetValue(handle, out byte[]? bytes) ? pages.Add(bytes)
        : _places[handle] is { Inline: { } inline } ? pages.Add(inline)
        : _places[handle];

    /// <summary>Remembers where partials are stored, now that they are: after a write that failed their pages may not exist.</summary>
    public void Remember(JobSnapshot snapshot, JobManifest stored)
    {
        for (int i = 0; i < snapshot.Nodes.Count; i++)
            _places[snapshot.Nodes[i].Handle] = stored.Nodes[i].Partial;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _places.Clear();
}
