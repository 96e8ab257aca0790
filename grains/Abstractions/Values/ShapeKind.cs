using System.Collections.Frozen;

namespace OrleansWork.Values;

/// <summary>By what values of a type are compared.</summary>
internal enum ShapeKind
{
    /// <summary>By nothing: a type of the framework of which nobody knows what counts.</summary>
    Unknown,

    /// <summary>As a whole.</summary>
    Leaf,

    /// <summary>By its comparer and its entries.</summary>
    Entries,

    /// <summary>By its fields.</summary>
    Fields,

    /// <summary>By what is called.</summary>
    Method,

    /// <summary>By how names are compared.</summary>
    Node,
}
