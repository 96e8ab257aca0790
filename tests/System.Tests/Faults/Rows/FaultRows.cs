namespace OrleansWork.SystemTests.Faults.Rows;

/// <summary>The rows that are tried, the longest first so that none is left alone at the end.</summary>
internal static class FaultRows
{
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        new("F87", "the files of a store are damaged", Damage.FilesAsync),
        new("F28", "the store is killed, 20 times under submission", Storage.KilledAsync),
        new("F47", "jobs of ten million units", Huge.JobsAsync),
        new("F30", "the store is frozen for 35 s", Storage.FrozenAsync),
        new("F31", "no silo reaches the store", Storage.UnreachableAsync),
        new("F19", "a silo hears nobody any more", Isolation.HearsNobodyAsync),
        new("F19-out", "a silo is heard by nobody any more", Isolation.IsNotHeardAsync),
        new("F17", "a silo loses the others and the store", Isolation.CutOffFromAllAsync),
        new("F37", "a coordinator goes on beside its successor", Isolation.StaleCoordinatorAsync),
        new("F10", "a silo is frozen for 20 s", FrozenSilos.FrozenAsync),
        new("F18", "a silo is cut off from the others", Links.CutOffAsync),
        new("F20", "one link of three is cut", Links.OneLinkAsync),
        new("F23", "a delay of 200 ms and 1 s between silos", Links.DelayedAsync),
        new("F6", "rolling restart of four silos under load", Restarts.RollingAsync),
        new("F63", "two versions side by side, rolled forward and back", Versions.RolledAsync) { NeedsNextVersion = true },
        new("F54", "units overflow the stack, end the process", PoisonUnits.OverflowAndExitAsync),
        new("F54b", "units' threads and async void methods throw", PoisonUnits.ThreadAndAsyncVoidAsync),
        new("F53", "units ignore their time-out", BadUnits.LoopsAsync),
        new("F26", "connections are reset every 5 s", Links.ResetAsync),
        new("F86", "jobs of 2^62 units, chunks as large, times of 10,000 h", Absurd.SizesAsync),
        new("F12", "a silo gets a tenth of a processor", StarvedSilos.QuotaAsync),
        new("F38", "a clock is an hour behind, an hour ahead", Clocks.OffAsync),
        new("F35", "storage calls fail and lose updates", Storage.LostUpdatesAsync),
        new("F56", "results and exceptions that cannot cross", Payloads.CannotCrossAsync),
        new("F1", "a silo is killed in mid-job", KilledSilos.OneAsync),
        new("F2", "the coordinator's silo is killed", KilledSilos.CoordinatorAsync),
        new("F3", "two of four silos are killed together", KilledSilos.TwoOfFourAsync),
        new("F4", "all silos are killed and started again", Restarts.AllKilledAsync),
        new("F7", "a silo is killed while it stops", Restarts.KilledWhileStoppingAsync),
        new("F9", "a silo is frozen for 3 s", FrozenSilos.PausedAsync),
        new("F15", "SIGTERM with a full queue", Restarts.TerminatedAsync),
        new("F16", "200 threads of a silo's pool are blocked", BlockedPools.BlockedAsync),
        new("F91", "job code blocks, leaks, reads, prints, starts threads", BadManners.BehaveAsync),
        new("F51", "a unit throws", BadUnits.ThrowsAsync),
        new("F52", "units hang", BadUnits.HangsAsync),
        new("F88", "another user of the machine tries every door", Strangers.AnotherUserAsync),
        new("F89", "a client forges what silos say to each other", Strangers.ForgedCallsAsync),
        new("F69", "bad frames and silent connections at every port", BadFrames.EveryPortAsync),
        new("F92", "output that cannot be written, readers and descriptors gone", Consoles.TellTheTruthAsync),
        new("F41", "a console is killed, submits 50 times at once, loses its gateway", Clients.ConsoleKilledAsync),
    ];
}
