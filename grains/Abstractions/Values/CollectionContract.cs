using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansWork.Values;

/// <summary>How a type of collections crosses whose entries alone do not say all: those with a comparer.</summary>
internal abstract class CollectionContract
{
    private static readonly ConditionalWeakTable<Type, StrongBox<CollectionContract?>> Known = [];

    // What an interface is read back as.
    private static readonly Dictionary<Type, Type> Made = new()
    {
        [typeof(IDictionary<,>)] = typeof(Dictionary<,>),
        [typeof(ISet<>)] = typeof(HashSet<>),
        [typeof(ICollection<>)] = typeof(List<>),
        [typeof(IList<>)] = typeof(List<>),
    };

    private static readonly HashSet<Type> Mutable = [typeof(IDictionary<,>), typeof(ISet<>), typeof(ICollection<>), typeof(IList<>)];

    private static readonly HashSet<Type> Keyed =
    [
        typeof(Dictionary<,>),
        typeof(SortedDictionary<,>),
        typeof(SortedList<,>),
        typeof(OrderedDictionary<,>),
        typeof(ImmutableSortedDictionary<,>),
        typeof(ConcurrentDictionary<,>),
    ];

    private static readonly HashSet<Type> Sets = [typeof(HashSet<>), typeof(SortedSet<>), typeof(ImmutableSortedSet<>)];

    /// <summary>Finds the contract of a type, or of the type that it derives from.</summary>
    /// <returns>Null for types without a comparer.</returns>
    public static CollectionContract? Of(Type type) => Known.GetValue(type, static key => new(Make(key))).Value;

    /// <summary>Gets whether values are made with the comparer that was noted; otherwise only the default one can cross.</summary>
    public abstract bool CanMake { get; }

    /// <summary>Returns the comparer of a collection; null for the default, and for collections without one.</summary>
    protected abstract object? ComparerOf(object collection);

    /// <summary>Makes an empty collection.</summary>
    protected abstract object MakeWith(object? comparer);

    /// <summary>Replaces the entries of one collection by those of another.</summary>
    protected abstract void Fill(object collection, object entries);

    /// <summary>Looks at a collection that is about to be written.</summary>
    /// <param name="declared">The type it is written as.</param>
    /// <param name="contract">The contract of that type.</param>
    /// <param name="collection">The collection.</param>
    /// <exception cref="NotSupportedException">It would not be read back as it is.</exception>
    public static void Check(Type declared, CollectionContract? contract, object collection)
    {
        CheckType(declared, collection);
        if (CrossingScope.Current is not { } scope)
            return;
        Type actual = collection.GetType();
        if (contract is null)
        {
            if (Comparers.Of(collection) is { } hidden)
                throw ComparerNames.Hidden(declared, actual, hidden);
            return;
        }

        object? comparer = contract.ComparerOf(collection);
        string? name = comparer is null ? null : ComparerNames.Of(comparer);
        if (name is not null && (!contract.CanMake || (ComparerNames.IsOwn(name) && !scope.IsMadeByOwner(collection))))
            throw ComparerNames.Lost(actual, name);
        if (contract.CanMake)
            scope.Note(name);
    }

    /// <summary>Sees to it that a collection is of a class that may be where a type is declared.</summary>
    /// <exception cref="NotSupportedException">It would be read back as one of another class.</exception>
    public static void CheckType(Type declared, object collection)
    {
        Type actual = collection.GetType();
        if (actual != declared && !MayStandFor(declared, actual))
        {
            throw new NotSupportedException(
                $"A {TypeNames.Of(actual)} is where a {TypeNames.Of(declared)} is declared; another silo would make a {TypeNames.Of(MadeFor(declared))} of it. Declare the type that is meant."
            );
        }
    }

    /// <summary>Looks at a collection of a class of the author's: its own constructor makes the comparer.</summary>
    /// <exception cref="NotSupportedException">It has another one.</exception>
    public void CheckDerived(object collection, Func<object> make)
    {
        if (CrossingScope.Current is null)
            return;
        object? comparer = ComparerOf(collection);
        if (!Comparers.AreSame(comparer, ComparerOf(make())))
            throw ComparerNames.Lost(collection.GetType(), comparer is null ? "default" : ComparerNames.Of(comparer));
    }

    /// <summary>Makes the collection that is read next, with its comparer.</summary>
    /// <returns>An empty one; null when values of the type are made otherwise.</returns>
    public object? Create()
    {
        if (!CanMake)
            return null;
        if (CrossingScope.Current is not { } scope || scope.Next() is not { } name)
            return MakeWith(null);
        if (!ComparerNames.IsOwn(name))
            return MakeWith(ComparerNames.Find(name));
        object made = MakeWith(null);
        scope.IsUnmade(made, name);
        return made;
    }

    /// <summary>Keeps the collection that an owner made in its constructor where only that has the right comparer.</summary>
    /// <param name="existing">What the owner has.</param>
    /// <param name="read">What was read for it.</param>
    /// <returns>Whether <paramref name="existing"/> has the entries now and stays.</returns>
    public bool Keep(object? existing, object read)
    {
        if (existing is null || existing.GetType() != read.GetType() || ComparerOf(existing) is not { } comparer)
            return false;
        if (CrossingScope.Current is { } scope)
        {
            if (!string.Equals(scope.Unmade(read), ComparerNames.Of(comparer), StringComparison.Ordinal))
                return false;
            scope.WasMade(read);
        }
        else if (ComparerOf(read) is not null)
        {
            return false;
        }

        Fill(existing, read);
        return true;
    }

    private static bool MayStandFor(Type declared, Type actual)
    {
        if (!declared.IsInterface)
            return declared.IsArray;
        if (!declared.IsGenericType || !Mutable.Contains(declared.GetGenericTypeDefinition()))
            return true;
        return actual == MadeFor(declared)
            || (
                actual.IsArray
                && declared.GetGenericTypeDefinition() is var shape
                && (shape == typeof(IList<>) || shape == typeof(ICollection<>))
            );
    }

    private static Type MadeFor(Type declared) =>
        declared.IsGenericType && Made.TryGetValue(declared.GetGenericTypeDefinition(), out Type? made)
            ? made.MakeGenericType(declared.GetGenericArguments())
            : declared;

    private static CollectionContract? Make(Type type)
    {
        for (Type? shape = MadeFor(type); shape is not null; shape = shape.BaseType)
        {
            if (!shape.IsGenericType)
                continue;
            Type definition = shape.GetGenericTypeDefinition();
            Type[] arguments = shape.GetGenericArguments();

            // What an object's unknown fields are kept in is made by the serializer itself.
            if (definition == typeof(Dictionary<,>) && (arguments[1] == typeof(JsonElement) || arguments[1] == typeof(object)))
                return null;
            if (Keyed.Contains(definition))
                return (CollectionContract)Activator.CreateInstance(typeof(KeyedContract<,>).MakeGenericType(arguments), definition)!;
            if (definition == typeof(PriorityQueue<,>))
                return (CollectionContract)Activator.CreateInstance(typeof(QueueContract<,>).MakeGenericType(arguments))!;
            if (Sets.Contains(definition))
                return (CollectionContract)Activator.CreateInstance(typeof(SetContract<>).MakeGenericType(arguments), definition)!;
        }

        return null;
    }

    private static object? OtherOrder<T>(IComparer<T> comparer) => comparer.Equals(Comparer<T>.Default) ? null : comparer;

    // Text that is compared by its characters is compared as by default.
    private static object? OtherEquality<T>(IEqualityComparer<T> comparer) =>
        comparer.Equals(EqualityComparer<T>.Default) || comparer.Equals(StringComparer.Ordinal) ? null : comparer;

    private sealed class KeyedContract<TKey, TValue>(Type definition) : CollectionContract
        where TKey : notnull
    {
        public override bool CanMake => definition != typeof(ImmutableSortedDictionary<,>) && definition != typeof(ConcurrentDictionary<,>);

        protected override object? ComparerOf(object collection) =>
            collection switch
            {
                Dictionary<TKey, TValue> all => OtherEquality(all.Comparer),
                OrderedDictionary<TKey, TValue> all => OtherEquality(all.Comparer),
                ConcurrentDictionary<TKey, TValue> all => OtherEquality(all.Comparer),
                SortedDictionary<TKey, TValue> all => OtherOrder(all.Comparer),
                SortedList<TKey, TValue> all => OtherOrder(all.Comparer),
                ImmutableSortedDictionary<TKey, TValue> all => OtherOrder(all.KeyComparer),
                _ => null,
            };

        protected override object MakeWith(object? comparer)
        {
            if (definition == typeof(SortedDictionary<,>))
                return new SortedDictionary<TKey, TValue>((IComparer<TKey>?)comparer);
            if (definition == typeof(SortedList<,>))
                return new SortedList<TKey, TValue>((IComparer<TKey>?)comparer);
            IEqualityComparer<TKey>? equality = (IEqualityComparer<TKey>?)comparer;
            return definition == typeof(OrderedDictionary<,>)
                ? new OrderedDictionary<TKey, TValue>(equality)
                : new Dictionary<TKey, TValue>(equality);
        }

        protected override void Fill(object collection, object entries)
        {
            IDictionary<TKey, TValue> all = (IDictionary<TKey, TValue>)collection;
            all.Clear();
            foreach ((TKey key, TValue value) in (IEnumerable<KeyValuePair<TKey, TValue>>)entries)
                all.Add(key, value);
        }
    }

    private sealed class QueueContract<TElement, TPriority> : CollectionContract
    {
        public override bool CanMake => true;

        protected override object? ComparerOf(object collection) => OtherOrder(((PriorityQueue<TElement, TPriority>)collection).Comparer);

        protected override object MakeWith(object? comparer) => new PriorityQueue<TElement, TPriority>((IComparer<TPriority>?)comparer);

        // A queue that is filled at once with what is a heap already keeps it as it is: elements of one priority leave in the same order.
        protected override void Fill(object collection, object entries)
        {
            PriorityQueue<TElement, TPriority> queue = (PriorityQueue<TElement, TPriority>)collection;
            queue.Clear();
            queue.EnqueueRange(((PriorityQueue<TElement, TPriority>)entries).UnorderedItems);
        }
    }

    private sealed class SetContract<T>(Type definition) : CollectionContract
    {
        public override bool CanMake => definition != typeof(ImmutableSortedSet<>);

        protected override object? ComparerOf(object collection) =>
            collection switch
            {
                HashSet<T> all => OtherEquality(all.Comparer),
                SortedSet<T> all => OtherOrder(all.Comparer),
                ImmutableSortedSet<T> all => OtherOrder(all.KeyComparer),
                _ => null,
            };

        protected override object MakeWith(object? comparer) =>
            definition == typeof(SortedSet<>) ? new SortedSet<T>((IComparer<T>?)comparer) : new HashSet<T>((IEqualityComparer<T>?)comparer);

        protected override void Fill(object collection, object entries)
        {
            ICollection<T> all = (ICollection<T>)collection;
            all.Clear();
            foreach (T entry in (IEnumerable<T>)entries)
                all.Add(entry);
        }
    }
}
