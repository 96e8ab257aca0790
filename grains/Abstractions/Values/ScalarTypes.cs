using System.Numerics;

namespace OrleansWork.Values;

/// <summary>The framework's types of one value that JSON has, and that come back from it as they are.</summary>
internal static class ScalarTypes
{
    /// <summary>Those that can be names of fields as well, as the keys of dictionaries are.</summary>
    public static readonly IReadOnlyCollection<Type> Names =
    [
        typeof(string),
        typeof(bool),
        typeof(char),
        typeof(byte),
        typeof(sbyte),
        typeof(short),
        typeof(ushort),
        typeof(int),
        typeof(uint),
        typeof(long),
        typeof(ulong),
        typeof(Int128),
        typeof(UInt128),
        typeof(BigInteger),
        typeof(decimal),
        typeof(Guid),
        typeof(Uri),
        typeof(Version),
        typeof(TimeSpan),
        typeof(DateTime),
        typeof(DateTimeOffset),
        typeof(DateOnly),
        typeof(TimeOnly),
    ];

    /// <summary>All of them: NaN and the infinities are no names.</summary>
    public static readonly IReadOnlyCollection<Type> All = [.. Names, typeof(Half), typeof(float), typeof(double)];
}
