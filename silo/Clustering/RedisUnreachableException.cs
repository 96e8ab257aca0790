using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace OrleansWork.Silo.Clustering;

/// <summary>Redis did not answer when the silo started.</summary>
internal sealed class RedisUnreachableException(string message) : Exception(message);
