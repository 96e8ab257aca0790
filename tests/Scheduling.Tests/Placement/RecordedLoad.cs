using OrleansWork.Scheduling.Placement;

namespace OrleansWork.Scheduling.Tests.Placement;

/// <summary>
/// Load of eight silos as six rounds of reports once showed it: silo 3 slow, silo 5 twice the size, silo 6 silent from the third report
/// on, silo 7 filling up until it has no room from the fourth on. Between two reports the chooser counts its own leases itself.
/// </summary>
internal static class RecordedLoad
{
    public const int ChoicesPerReport = 200;

    private static readonly int[] Slots = [2, 2, 2, 2, 2, 4, 2, 2];
    private static readonly double[] Slowness = [0.9, 1.0, 0.8, 3.0, 1.0, 1.0, 1.1, 1.0];

    private static readonly int[][] InFlight =
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [2, 3, 1, 3, 2, 4, 2, 1],
        [1, 2, 2, 3, 1, 5, 0, 3],
        [3, 1, 2, 2, 3, 3, 0, 5],
        [2, 2, 3, 3, 1, 6, 0, 7],
        [0, 1, 0, 3, 0, 2, 0, 9],
    ];

    private static readonly double[][] LatencyMs =
    [
        [double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN],
        [9, 12, 8, 31, 10, 10, 11, 9],
        [9, 10, 8, 30, 10, 11, 11, 12],
        [10, 10, 9, 33, 12, 10, 11, 19],
        [9, 11, 8, 32, 10, 12, 11, 27],
        [8, 10, 8, 30, 9, 10, 11, 40],
    ];

    /// <summary>Feeds the record to a policy and counts its decisions by silo.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="silos">How many of the silos there are.</param>
    /// <param name="lastRound">Whether the job is about to run out of work.</param>
    public static int[] Histogram(IPlacementPolicy policy, int silos = 8, bool lastRound = false)
    {
        int[] histogram = new int[silos];
        for (int report = 0; report < InFlight.Length; report++)
        {
            SiloCandidate[] candidates =
            [
                .. Enumerable
                    .Range(0, silos)
                    .Where(i => InFlight[report][i] <= 2 * Slots[i])
                    .Select(i => new SiloCandidate
                    {
                        Silo = i,
                        Slots = Slots[i],
                        InFlight = InFlight[report][i],
                        LoadIsFresh = i != 6 || report < 2,
                        LatencySeconds = LatencyMs[report][i] / 1000,
                        Slowness = Slowness[i],
                        WorkSeconds = InFlight[report][i] * 0.01 * Slowness[i],
                        RoundTripSeconds = i % 2 == 0 ? 0.0002 : 0.002,
                    }),
            ];

            for (int choice = 0; choice < ChoicesPerReport; choice++)
            {
                int chosen = policy.Choose(candidates, new(lastRound, LeaseSeconds: 0.01));
                ref SiloCandidate candidate = ref candidates[chosen];
                candidate = candidate with
                {
                    InFlight = candidate.InFlight + 1,
                    WorkSeconds = candidate.WorkSeconds + (0.01 * candidate.Slowness),
                };
                histogram[candidate.Silo]++;
            }
        }

        return histogram;
    }
}
