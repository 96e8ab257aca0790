using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

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
