using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWork.Protocol.Security;

namespace OrleansWork.Engine.Security;

/// <summary>A grain that clients of a gateway may call only where its interface says so; silos may call all of it.</summary>
/// <remarks>A filter of the class, not of the silo: a filter of the silo would take every call of every grain the slower way.</remarks>
internal interface IGuardedGrain : IIncomingGrainCallFilter
{
    Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context) => GatewayCalls.InvokeAsync(context);
}
