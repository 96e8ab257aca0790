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

    /// <summary>Says whether storage answered, with something that cannot be decoded: trying again does not help.</summary>
    public static bool IsUndecodable(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            // A provider may keep nothing of what its serializer threw but the name.
            if (
                inner is StoredRecordException or System.Text.Json.JsonException
                || inner.GetType().Namespace is "Newtonsoft.Json"
                || inner.GetType().Namespace?.StartsWith("Orleans.Serialization", StringComparison.Ordinal) == true
                || inner.Message.Contains(nameof(StoredRecordException), StringComparison.Ordinal)
            )
                return true;
        }

        return false;
    }
}
