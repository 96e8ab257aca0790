using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace OrleansWork.Values;

/// <summary>Reads the code of setters and constructors: only one that assigns what it is given keeps a value as it is.</summary>
internal static class SimpleSetter
{
    private const int TokenBytes = 4;

    /// <summary>Returns whether a property's setter assigns what it is given to a field, and does nothing else.</summary>
    public static bool Assigns(PropertyInfo property, FieldInfo field)
    {
        if (property.GetSetMethod(nonPublic: true) is not { IsStatic: false } setter)
            return false;
        if (setter.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            return true;
        ReadOnlySpan<byte> code = setter.GetMethodBody()?.GetILAsByteArray();
        code = code.Trim((byte)OpCodes.Nop.Value);
        return code.Length is 3 + TokenBytes + 1 or 3 + TokenBytes + 2
            && code[^1] == OpCodes.Ret.Value
            && IsStore(setter, code, OpCodes.Ldarg_1.Value, field);
    }

    /// <summary>Returns whether a constructor assigns a parameter to a field as it is.</summary>
    public static bool Assigns(ConstructorInfo constructor, ParameterInfo parameter, FieldInfo field)
    {
        ReadOnlySpan<byte> code = constructor.GetMethodBody()?.GetILAsByteArray();
        for (int at = 0; at < code.Length; at++)
        {
            if (IsStore(constructor, code[at..], parameter.Position + OpCodes.Ldarg_1.Value, field))
                return true;
        }

        return false;
    }

    // ldarg.0, ldarg ARGUMENT, stfld FIELD.
    private static bool IsStore(MethodBase method, ReadOnlySpan<byte> code, int argument, FieldInfo field)
    {
        if (code is not [0x02, ..])
            return false;
        code = code[1..];
        int number = argument - OpCodes.Ldarg_0.Value;
        if (number <= 3 && code is [var shortForm, ..] && shortForm == argument)
            code = code[1..];
        else if (number > 3 && code is [0x0E, var given, ..] && given == number)
            code = code[2..];
        else
            return false;
        if (code.Length < 1 + TokenBytes || code[0] != OpCodes.Stfld.Value)
            return false;
        Type holder = method.DeclaringType!;
        try
        {
            return holder.Module.ResolveField(
                    BinaryPrimitives.ReadInt32LittleEndian(code[1..]),
                    holder.IsGenericType ? holder.GetGenericArguments() : null,
                    null
                )
                    is { } stored
                && stored.HasSameMetadataDefinitionAs(field);
        }
        catch (ArgumentException)
        {
            // Bytes of something else that look like it.
            return false;
        }
    }
}
