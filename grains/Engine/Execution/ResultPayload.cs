using System.Collections.Immutable;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;

namespace OrleansWork.Engine.Execution;

/// <summary>A job's result as it is stored.</summary>
internal sealed record ResultPayload(byte[] Content, string MediaType);
