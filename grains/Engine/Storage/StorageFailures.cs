using Orleans.Storage;

namespace OrleansWork.Engine.Storage;

/// <summary>Which exceptions mean that storage did not do its work for now.</summary>
internal static class StorageFailures
{
    /// <summary>Says whether the exception comes from storage or from the way to a grain that stores, and trying again later may help.</summary>
    public static bool Is(Exception exception) =>
        exception
            is OrleansException
                or TimeoutException
                or IOException
                or StoredRecordException
                or AggregateException
                or System.Net.Sockets.SocketException
            && exception is not InconsistentStateException
        || exception.GetType().Namespace?.StartsWith("StackExchange.Redis", StringComparison.Ordinal) == true;
}
