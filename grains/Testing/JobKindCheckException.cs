using OrleansWork.Services;

namespace OrleansWork.Testing;

/// <summary>A job kind that would give wrong or changing results on a cluster.</summary>
public sealed class JobKindCheckException(string kind, IReadOnlyList<string> findings)
    : OrleansWorkException(
        $"Job kind {kind} would not run well on a cluster:{string.Concat(findings.Select(finding => $"{Environment.NewLine}- {finding}"))}"
    )
{
    /// <summary>Gets the kind's name.</summary>
    public string Kind { get; } = kind;

    /// <summary>Gets what is wrong, one sentence or two each.</summary>
    public IReadOnlyList<string> Findings { get; } = findings;
}
