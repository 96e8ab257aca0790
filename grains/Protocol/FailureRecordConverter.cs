using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Protocol;

/// <summary>A <see cref="FailureRecord"/> on its way.</summary>
/// <param name="Unit">The unit, or -1 for work that belongs to no unit.</param>
/// <param name="Type">The exception's type name.</param>
/// <param name="Message">What it says.</param>
/// <param name="Stack">Where it was thrown, or null.</param>
/// <param name="Permanent">Whether no second attempt can help.</param>
/// <param name="FailsJob">Whether nothing that the job computes can be trusted.</param>
[GenerateSerializer, Immutable, Alias("ow.FailureRecord")]
internal readonly record struct FailureRecordSurrogate(
    [property: Id(0)] long Unit,
    [property: Id(1)] string Type,
    [property: Id(2)] string Message,
    [property: Id(3)] string? Stack,
    [property: Id(4)] bool Permanent,
    [property: Id(5)] bool FailsJob
);

/// <summary>Sends failures, whose own project knows nothing of messages.</summary>
[RegisterConverter]
internal sealed class FailureRecordConverter : IConverter<FailureRecord, FailureRecordSurrogate>
{
    /// <inheritdoc/>
    public FailureRecord ConvertFromSurrogate(in FailureRecordSurrogate surrogate) =>
        new(
            surrogate.Unit >= 0 ? surrogate.Unit : null,
            surrogate.Type ?? "",
            surrogate.Message ?? "",
            surrogate.Stack,
            surrogate.Permanent
        )
        {
            FailsJob = surrogate.FailsJob,
        };

    /// <inheritdoc/>
    public FailureRecordSurrogate ConvertToSurrogate(in FailureRecord value) =>
        new(value.Unit ?? -1, value.Type, value.Message, value.Stack, value.Permanent, value.FailsJob);
}
