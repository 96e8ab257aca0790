namespace OrleansWork.Engine.Security;

/// <summary>A grain that clients of a gateway may call only where its interface says so; silos may call all of it.</summary>
/// <remarks>A filter of the class, not of the silo: a filter of the silo would take every call of every grain the slower way.</remarks>
internal interface IGuardedGrain : IIncomingGrainCallFilter
{
    Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context) => GatewayCalls.InvokeAsync(context);
}
