namespace OrleansWork;

/// <summary>Leases in columns: the n-th of each column is of the n-th lease. Times are milliseconds since <see cref="JobLeases.Base"/>.</summary>
public sealed record LeaseColumns
{
    /// <summary>Gets their numbers; together with <see cref="Epoch"/> they name a lease.</summary>
    public IReadOnlyList<long> Number { get; init; } = [];

    /// <summary>Gets the epochs of their coordinators.</summary>
    public IReadOnlyList<int> Epoch { get; init; } = [];

    /// <summary>Gets the places of their silos in <see cref="JobLeases.Silos"/>; -1 while nobody knows.</summary>
    public IReadOnlyList<int> Silo { get; init; } = [];

    /// <summary>Gets their slots, from 0; -1 while nobody knows, and where they had none.</summary>
    public IReadOnlyList<int> Slot { get; init; } = [];

    /// <summary>Gets their first units.</summary>
    public IReadOnlyList<long> UnitFrom { get; init; } = [];

    /// <summary>Gets how many units they have.</summary>
    public IReadOnlyList<long> UnitCount { get; init; } = [];

    /// <summary>Gets when they were granted.</summary>
    public IReadOnlyList<double> GrantedMs { get; init; } = [];

    /// <summary>Gets when they got their slots; null while nobody knows.</summary>
    public IReadOnlyList<double?> StartedMs { get; init; } = [];

    /// <summary>Gets when they left their slots, or were given up; null before.</summary>
    public IReadOnlyList<double?> EndedMs { get; init; } = [];

    /// <summary>Gets how long they might run.</summary>
    public IReadOnlyList<double> BudgetMs { get; init; } = [];

    /// <summary>Gets which attempts at their first units they are.</summary>
    public IReadOnlyList<int> Attempt { get; init; } = [];

    /// <summary>Gets how they ended.</summary>
    public IReadOnlyList<LeaseState> Outcome { get; init; } = [];

    /// <summary>Gets the numbers of the leases whose units they run a second time; 0 for all others.</summary>
    public IReadOnlyList<long> SpeculativeOf { get; init; } = [];

    /// <summary>Gets 1 for leases of the job that was asked for, 0 for those of other jobs on the same slots.</summary>
    public IReadOnlyList<int> Own { get; init; } = [];

    /// <summary>Gets the places of their jobs in <see cref="JobLeases.OtherJobs"/>; -1 for those of the job that was asked for.</summary>
    public IReadOnlyList<int> OtherJob { get; init; } = [];
}
