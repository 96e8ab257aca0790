using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Simulation;

/// <summary>The options of a simulated job that can be changed.</summary>
/// <param name="Leases">Those that its machine grants leases by.</param>
/// <param name="Weight">Its weight against other jobs: its priority and 1.</param>
internal sealed record SimulatedOptions(OptionsChanged Leases, int Weight)
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns those that a job is submitted with.</summary>
    public static SimulatedOptions Of(Scenario scenario) =>
        new(
            new OptionsChanged(scenario.Policy, scenario.Spawned, scenario.ChunkUnits, Budget, MaxParallel: null, Speculates: true),
            scenario.Weight
        );

    /// <summary>Returns any.</summary>
    public static SimulatedOptions Any(Random random) =>
        new(
            new OptionsChanged(
                (PolicyKind)random.Next(4),
                Spawned: random.Next(2) == 0,
                random.Next(2) == 0 ? 1 + random.Next(20) : null,
                TimeSpan.FromMilliseconds(random.Next(2) == 0 ? 50 : 5 + random.Next(500)),
                random.Next(2) == 0 ? 1 + random.Next(8) : null,
                Speculates: random.Next(2) == 0
            ),
            1 + random.Next(10)
        );
}
