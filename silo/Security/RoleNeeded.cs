namespace OrleansWork.Silo.Security;

/// <summary>Says of a route what its key must be for.</summary>
/// <param name="Role">The least role.</param>
internal sealed record RoleNeeded(AccessRole Role);
