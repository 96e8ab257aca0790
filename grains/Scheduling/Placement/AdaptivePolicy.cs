namespace OrleansWork.Scheduling.Placement;

/// <summary>Chooses by what silos are measured to do, not only by how much they hold.</summary>
/// <remarks>
/// From <see cref="HotColdFrom"/> silos on the hot-cold lexicographic rule of Prequal (Wydrowski et al., NSDI 2024): silos whose load
/// per slot is above the 0.84 quantile are hot; among the others the one with the lowest latency at its present load is taken. With
/// fewer silos, where quantiles mean little, the one that would serve one more lease soonest. One choice in ten explores among the
/// silos that are not hot. When the job runs out of work, the silo predicted to finish this lease first. Load and latency are never
/// added up to one score.
/// </remarks>
internal sealed class AdaptivePolicy(Random random) : IPlacementPolicy
{
    /// <summary>The number of silos from which on the hot-cold rule applies.</summary>
    public const int HotColdFrom = 5;

    /// <summary>The quantile of load per slot above which a silo is hot.</summary>
    public const double HotQuantile = 0.84;

    /// <summary>The part of choices that explore: without them a silo that once looked slow would never be measured again.</summary>
    public const double ExploredPart = 0.1;

    private readonly EligibleSilos _eligible = new();
    private double[] _loads = new double[16];

    /// <inheritdoc/>
    public ChoiceRule Rule { get; private set; }

    /// <inheritdoc/>
    public int Choose(ReadOnlySpan<SiloCandidate> candidates, in PlacementMoment moment)
    {
        Span<int> eligible = _eligible.Of(candidates, moment);
        if (eligible.IsEmpty)
            return -1;
        if (moment.LastRound)
            Rule = ChoiceRule.FirstToFinish;
        else if (random.NextDouble() < ExploredPart)
            Rule = ChoiceRule.Explored;
        else
            Rule = Math.Max(moment.SiloCount, candidates.Length) >= HotColdFrom ? ChoiceRule.FastestOfCold : ChoiceRule.SoonestServed;
        return Rule switch
        {
            ChoiceRule.FirstToFinish => FirstToFinish(candidates, eligible, moment.LeaseSeconds),
            ChoiceRule.Explored => Explore(candidates, eligible),
            ChoiceRule.FastestOfCold => HotCold(candidates, eligible),
            _ => SoonestServed(candidates, eligible),
        };
    }

    private int FirstToFinish(ReadOnlySpan<SiloCandidate> candidates, ReadOnlySpan<int> eligible, double leaseSeconds)
    {
        Argmin earliest = new(random);
        foreach (int i in eligible)
        {
            ref readonly SiloCandidate c = ref candidates[i];
            double work = c.WorkSeconds + (leaseSeconds * c.KnownSlowness);
            earliest.Offer(i, (work / Math.Max(1, c.Slots)) + c.RoundTripSeconds);
        }

        return earliest.Index;
    }

    private int SoonestServed(ReadOnlySpan<SiloCandidate> candidates, ReadOnlySpan<int> eligible)
    {
        Argmin soonest = new(random);
        foreach (int i in eligible)
        {
            ref readonly SiloCandidate c = ref candidates[i];
            soonest.Offer(i, (c.InFlight + 1) * c.KnownSlowness / Math.Max(1, c.Slots));
        }

        return soonest.Index;
    }

    private int HotCold(ReadOnlySpan<SiloCandidate> candidates, Span<int> eligible)
    {
        (double sum, int known) = (0, 0);
        foreach (int i in eligible)
            if (LatencyIsKnown(candidates[i]))
                (sum, known) = (sum + candidates[i].LatencySeconds, known + 1);

        // A silo without fresh measurements is taken for an average one: neither shunned nor rushed to.
        double mean = known > 0 ? sum / known : 0;
        Argmin best = new(random);
        foreach (int i in Cold(candidates, eligible))
        {
            ref readonly SiloCandidate c = ref candidates[i];
            best.Offer(i, LatencyIsKnown(c) ? c.LatencySeconds : mean, c.LoadPerSlot);
        }

        return best.Index;
    }

    private int Explore(ReadOnlySpan<SiloCandidate> candidates, Span<int> eligible)
    {
        Span<int> cold = Cold(candidates, eligible);
        return cold[random.Next(cold.Length)];
    }

    /// <summary>Moves the silos whose load per slot is not above the quantile to the front and returns them; there is always one.</summary>
    private Span<int> Cold(ReadOnlySpan<SiloCandidate> candidates, Span<int> eligible)
    {
        double threshold = LoadQuantile(candidates, eligible);
        int count = 0;
        foreach (int i in eligible)
            if (candidates[i].LoadPerSlot <= threshold)
                eligible[count++] = i;
        return eligible[..count];
    }

    private static bool LatencyIsKnown(in SiloCandidate candidate) => candidate.LoadIsFresh && double.IsFinite(candidate.LatencySeconds);

    private double LoadQuantile(ReadOnlySpan<SiloCandidate> candidates, ReadOnlySpan<int> eligible)
    {
        if (_loads.Length < eligible.Length)
            _loads = new double[eligible.Length * 2];
        Span<double> loads = _loads.AsSpan(0, eligible.Length);
        for (int i = 0; i < loads.Length; i++)
            loads[i] = candidates[eligible[i]].LoadPerSlot;
        loads.Sort();

        // The lower of the two order statistics: comparing with it separates the same silos as an interpolated quantile would.
        return loads[(int)(HotQuantile * (loads.Length - 1))];
    }
}
