namespace OrleansWork.Values;

/// <summary>A value did not come back as it was: whatever else the job computes would be wrong without a word, so the whole job fails.</summary>
internal sealed class ValueChangedException(string what, string difference)
    : PermanentFailureException(
        $"{what} does not come back as it was: {difference} when read back. A silo that gets it works with another value. "
            + "Mark what is no part of the value [JsonIgnore], and give types that JSON does not carry a [JsonConverter]."
    );
