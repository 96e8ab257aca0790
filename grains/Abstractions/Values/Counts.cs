namespace OrleansWork.Values;

/// <summary>What of a value counts beside its fields and entries.</summary>
[Flags]
internal enum Counts
{
    Nothing = 0,

    /// <summary>The comparers of collections.</summary>
    Comparers = 1,

    /// <summary>That two members hold one object which may change. Entries of a list often share what nobody changes, a row its columns' names.</summary>
    Sharing = 2,

    /// <summary>Every field, also of the framework's types.</summary>
    AllState = 4,
}
