namespace OrleansWork.Values;

/// <summary>Tells the types of .NET itself from those of authors.</summary>
internal static class Frameworks
{
    /// <summary>Returns whether a type is one of .NET's: its private fields are nobody else's business.</summary>
    public static bool Owns(Type type)
    {
        string name = type.Assembly.GetName().Name ?? "";
        return name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.", StringComparison.Ordinal)
            || name is "System" or "mscorlib" or "netstandard";
    }
}
