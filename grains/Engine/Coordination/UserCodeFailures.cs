using OrleansWork.Engine.Execution;

namespace OrleansWork.Engine.Coordination;

/// <summary>Failures of user code that ran in a coordinator's own turn.</summary>
internal static class UserCodeFailures
{
    /// <summary>Makes the exception that <see cref="IUserCode"/> would have thrown.</summary>
    public static UserCodeException Of(string what, Exception exception) => new(FailureRecords.From(exception, null).At(what));
}
