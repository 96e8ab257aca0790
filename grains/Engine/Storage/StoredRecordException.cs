using Orleans.Storage;

namespace OrleansWork.Engine.Storage;

/// <summary>A stored record that this build cannot read.</summary>
/// <param name="message">What is wrong with it, naming it.</param>
/// <param name="isForGood">Whether no build will ever read it, as opposed to one that a later build wrote.</param>
/// <param name="innerException">What reading it threw.</param>
internal sealed class StoredRecordException(string message, bool isForGood, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Gets whether no build will ever read it.</summary>
    public bool IsForGood { get; } = isForGood;
}
