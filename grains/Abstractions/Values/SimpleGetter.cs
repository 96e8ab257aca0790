using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace OrleansWork.Values;

/// <summary>Reads the code of getters: only one that returns a field as it is says all about that field.</summary>
internal static class SimpleGetter
{
    private const int TokenBytes = 4;

    /// <summary>Returns the field that a property returns as it is, or null when it computes what it returns.</summary>
    public static FieldInfo? FieldOf(PropertyInfo property)
    {
        if (property.GetGetMethod(nonPublic: true) is not { IsStatic: false } getter)
            return null;
        byte[]? code = getter.GetMethodBody()?.GetILAsByteArray();
        if (code is null)
            return null;

        // ldarg.0, ldfld FIELD, then ret; without optimization nop before, and stloc.0, br.s, ldloc.0 between.
        ReadOnlySpan<byte> rest = code;
        SkipNops(ref rest);
        if (rest.Length < TokenBytes + 3 || rest[0] != OpCodes.Ldarg_0.Value || rest[1] != OpCodes.Ldfld.Value)
            return null;
        int token = BinaryPrimitives.ReadInt32LittleEndian(rest[2..]);
        rest = rest[(2 + TokenBytes)..];
        if (rest is [0x0A, 0x2B, 0x00, 0x06, ..])
            rest = rest[4..];
        if (rest is not [0x2A])
            return null;
        Type holder = getter.DeclaringType!;
        return
            holder.Module.ResolveField(token, holder.IsGenericType ? holder.GetGenericArguments() : null, null) is { } field
            && field.FieldType == property.PropertyType
            ? field
            : null;
    }

    private static void SkipNops(ref ReadOnlySpan<byte> code)
    {
        while (code is [0x00, ..])
            code = code[1..];
    }
}
