using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>How an operation came out, as its caller knows.</summary>
internal enum OperationOutcome
{
    /// <summary>It was acknowledged.</summary>
    Ok,

    /// <summary>It was refused: it did not happen.</summary>
    Fail,

    /// <summary>Nobody can say whether it happened.</summary>
    Unknown,
}

/// <summary>One operation on the cluster, or one fault.</summary>
internal sealed record Operation(string Name, TimeSpan Start, TimeSpan End, OperationOutcome Outcome, string? Detail)
{
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Start.TotalSeconds, 8:0.000} {End.TotalSeconds, 8:0.000} {Outcome, -7} {Name}{(Detail is null ? "" : ": " + Detail)}"
        );
}

/// <summary>What was done to a cluster and what it answered, in the order of the ends; checked when all is over.</summary>
internal sealed class History
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly List<Operation> _operations = [];

    public IReadOnlyList<Operation> Operations
    {
        get
        {
            lock (_operations)
                return [.. _operations];
        }
    }

    public TimeSpan Now => Stopwatch.GetElapsedTime(_started);

    /// <summary>Carries out an operation and notes how it came out.</summary>
    /// <returns>Its answer; nothing when it failed or nobody knows.</returns>
    public async Task<T?> TryAsync<T>(string name, Func<Task<T>> operation)
        where T : class
    {
        TimeSpan start = Now;
        try
        {
            T answer = await operation();
            Add(new Operation(name, start, Now, OperationOutcome.Ok, null));
            return answer;
        }
        catch (RequestException exception)
        {
            bool refused = exception.Reason is not ErrorReason.Unavailable;
            Add(new Operation(name, start, Now, refused ? OperationOutcome.Fail : OperationOutcome.Unknown, exception.Message));
            return null;
        }
    }

    /// <summary>Carries out an operation that has to succeed.</summary>
    public async Task<T> DoAsync<T>(string name, Func<Task<T>> operation)
    {
        TimeSpan start = Now;
        try
        {
            T answer = await operation();
            Add(new Operation(name, start, Now, OperationOutcome.Ok, null));
            return answer;
        }
        catch (Exception exception)
        {
            Add(new Operation(name, start, Now, OperationOutcome.Unknown, exception.Message));
            throw;
        }
    }

    /// <summary>Notes a fault, or what was seen.</summary>
    public void Note(string what) => Add(new Operation(what, Now, Now, OperationOutcome.Ok, null));

    private void Add(Operation operation)
    {
        lock (_operations)
            _operations.Add(operation);
    }
}
