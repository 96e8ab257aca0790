using StackExchange.Redis;

namespace OrleansWork.Silo.Clustering;

/// <summary>Redis did not answer when the silo started.</summary>
internal sealed class RedisUnreachableException(string message) : Exception(message);
