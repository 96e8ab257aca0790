using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;
using OrleansWork.Scheduling.Sizing;

namespace OrleansWork.Scheduling.Coordination;

/// <content>Options that change while the job goes on: the next lease follows them, those in flight stay as they were granted.</content>
internal sealed partial class JobMachine
{
    private JobMachineOptions _options;
    private IPlacementPolicy _policy;
    private bool _hasSpawned;

    private void OnOptionsChanged(OptionsChanged change)
    {
        // What silos hold of leases that nobody placed is not known here: at the end all are told.
        _hasSpawned |= _options.Spawned;
        if (change.Policy != _options.Policy)
            _policy = PlacementPolicies.Create(change.Policy, new Random(_random.Next()));
        _options = _options with
        {
            Policy = change.Policy,
            Spawned = change.Spawned,
            ChunkUnits = change.ChunkUnits,
            ChunkTime = change.ChunkTime,
            MaxParallel = change.MaxParallel,
            Speculates = change.Speculates,
        };
        _sizer.Change(SizesOf(_options));
        if (change.What is not null)
            Record.Note(MarkKind.Options, silo: null, change.What, _now);
        if (_options.Speculates || _second is null)
            return;
        _second.First.HasSecond = false;
        _second = null;
    }

    /// <summary>Whether what room there is may be that of spawned leases on their way, which are left from before the silo of each was chosen here.</summary>
    private bool IsRoomOfUnplaced => _unplaced.Leases.Count > 0 && _unclaimedRoom <= 0;

    private static SizerOptions SizesOf(JobMachineOptions options) => new() { ChunkUnits = options.ChunkUnits, Budget = options.ChunkTime };
}
