namespace OrleansWork.Engine.Execution;

/// <summary>A job's result as it is stored.</summary>
internal sealed record ResultPayload(byte[] Content, string MediaType);
