namespace OrleansWork.Scheduling.Sizing;

/// <summary>What is known when a lease is sized.</summary>
internal readonly record struct SizingState
{
    /// <summary>Gets the silo that will get the lease.</summary>
    public int Silo { get; init; }

    /// <summary>Gets its slots (c_w).</summary>
    public int Slots { get; init; }

    /// <summary>Gets how much slower than average it is (v_w); 0 or NaN means unknown.</summary>
    public double Slowness { get; init; }

    /// <summary>Gets the units of the job (N).</summary>
    public long UnitCount { get; init; }

    /// <summary>Gets the units not leased yet (R).</summary>
    public long UnitsLeft { get; init; }

    /// <summary>Gets the slots the job may use on all silos together (P).</summary>
    public int TotalSlots { get; init; }

    /// <summary>Gets Σ c_u/v_u over these silos; 0 or NaN takes all as equally fast.</summary>
    public double SlotsOverSlowness { get; init; }

    /// <summary>Gets what a unit costs on an average slot (μ), in seconds; 0 or NaN means unknown.</summary>
    public double UnitSeconds { get; init; }

    /// <summary>Gets what a lease costs besides its units (h), in seconds.</summary>
    public double OverheadSeconds { get; init; }
}
