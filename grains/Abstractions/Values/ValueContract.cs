using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;

namespace OrleansWork.Values;

/// <summary>How values of job kinds are written as JSON so that they come back as they were; what cannot is refused, never changed.</summary>
internal static class ValueContract
{
    /// <summary>Completes the contract of a type; for <see cref="DefaultJsonTypeInfoResolver.Modifiers"/>.</summary>
    public static void Complete(JsonTypeInfo type)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when !Frameworks.Owns(type.Type):
                DerivedTypes.Declare(type);
                if (type.Type is { IsInterface: false, IsAbstract: false })
                    StateMembers.Complete(type);
                RefuseOtherTypes(type);
                break;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary:
                CompleteCollection(type);
                break;
        }

        JsonNodes.Watch(type);
    }

    /// <summary>What the serializer writes of a derived class is what its base class has.</summary>
    private static void RefuseOtherTypes(JsonTypeInfo type)
    {
        Type declared = type.Type;
        if (declared.IsValueType || declared.IsSealed)
            return;
        Action<object>? before = type.OnSerializing;
        type.OnSerializing = value =>
        {
            if (value.GetType() != declared)
            {
                throw new NotSupportedException(
                    $"A {TypeNames.Of(value.GetType())} is where a {TypeNames.Of(declared)} is declared, and would lose what it adds. "
                        + $"Declare it: [JsonDerivedType(typeof({TypeNames.Of(value.GetType())}), \"…\")] on {TypeNames.Of(declared)}."
                );
            }

            before?.Invoke(value);
        };
    }

    private static void CompleteCollection(JsonTypeInfo type)
    {
        Type declared = type.Type;
        CollectionContract? contract = CollectionContract.Of(declared);
        Action<object>? before = type.OnSerializing;
        if (contract is not null && !Frameworks.Owns(declared))
        {
            if (type.CreateObject is { } make)
            {
                type.OnSerializing = value =>
                {
                    CollectionContract.CheckType(declared, value);
                    contract.CheckDerived(value, make);
                    before?.Invoke(value);
                };
            }

            return;
        }

        type.OnSerializing = value =>
        {
            CollectionContract.Check(declared, contract, value);
            before?.Invoke(value);
        };
        if (contract is { CanMake: true })
            type.CreateObject = () => contract.Create()!;
        for (Type? level = declared; level is not null; level = level.BaseType)
        {
            if (!level.IsGenericType || !Stacks.Contains(level.GetGenericTypeDefinition()))
                continue;
            MethodInfo reverse = typeof(ValueContract)
                .GetMethod(
                    level.GetGenericTypeDefinition() == typeof(Stack<>) ? nameof(Reverse) : nameof(ReverseConcurrent),
                    BindingFlags.Static | BindingFlags.NonPublic
                )!
                .MakeGenericMethod(level.GetGenericArguments());
            Action<object>? after = type.OnDeserialized;
            type.OnDeserialized = reverse.CreateDelegate<Action<object>>() + after;
        }
    }

    private static readonly HashSet<Type> Stacks = [typeof(Stack<>), typeof(ConcurrentStack<>)];

    // A stack is written from its top, and read by pushing: what was the top lies at the bottom.
    private static void Reverse<T>(object value)
    {
        Stack<T> stack = (Stack<T>)value;
        T[] bottomLast = [.. stack];
        stack.Clear();
        foreach (T entry in bottomLast)
            stack.Push(entry);
    }

    private static void ReverseConcurrent<T>(object value)
    {
        ConcurrentStack<T> stack = (ConcurrentStack<T>)value;
        T[] bottomLast = [.. stack];
        stack.Clear();
        stack.PushRange(bottomLast);
    }
}
