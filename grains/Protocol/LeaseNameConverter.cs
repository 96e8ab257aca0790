using OrleansWork.Scheduling.Coordination;

namespace OrleansWork.Protocol;

/// <summary>A <see cref="LeaseName"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("ow.LeaseName")]
internal readonly record struct LeaseNameSurrogate([property: Id(0)] int Epoch, [property: Id(1)] long Number);

/// <summary>Sends lease names, whose own project knows nothing of messages.</summary>
[RegisterConverter]
internal sealed class LeaseNameConverter : IConverter<LeaseName, LeaseNameSurrogate>
{
    /// <inheritdoc/>
    public LeaseName ConvertFromSurrogate(in LeaseNameSurrogate surrogate) => new(surrogate.Epoch, surrogate.Number);

    /// <inheritdoc/>
    public LeaseNameSurrogate ConvertToSurrogate(in LeaseName value) => new(value.Epoch, value.Number);
}
