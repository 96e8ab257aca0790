using System.Globalization;
using System.Text;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Writes shapes as C#: for each a type of partials, a kind that uses it, and a way to combine it in memory.</summary>
public static class ShapeSource
{
    /// <summary>What the generated types have in common.</summary>
    public const string Common = """
        using System.Collections;
        using System.Collections.Concurrent;
        using System.Collections.Immutable;
        using System.Collections.Specialized;
        using System.Net;
        using System.Numerics;
        using System.Text;
        using System.Text.Json.Serialization;
        using OrleansWork;

        namespace Generated;

        public sealed record Input(int Size = 20);

        [Flags] public enum Flags { None = 0, First = 1, Second = 2, Both = 3, Eighth = 8 }
        public enum Twins { Twin = 0, TWIN = 1, Other = 2 }
        public enum Wide : ulong { Largest = ulong.MaxValue }
        public readonly record struct Point(int X, int Y);
        public interface IShape { double Size { get; } }
        public abstract record Shape(double Size) : IShape;
        public sealed record Circle(double Radius) : Shape(Radius);
        public sealed record Square(double Side, string Name) : Shape(Side * 2);

        public class Shape2 { public double Size { get; set; } }
        public static class Hidden
        {
            // A class that is made at run time is known to no walk.
            private static readonly Type Made = System.Reflection.Emit.AssemblyBuilder
                .DefineDynamicAssembly(new System.Reflection.AssemblyName("Made"), System.Reflection.Emit.AssemblyBuilderAccess.Run)
                .DefineDynamicModule("Made").DefineType("Made", System.Reflection.TypeAttributes.Public, typeof(Shape2)).CreateType()!;
            public static Shape2 Make(long unit) { var made = (Shape2)Activator.CreateInstance(Made)!; made.Size = unit; return made; }
        }

        // State that no property shows.
        public sealed class Counter
        {
            private readonly List<long> _seen = [];
            private readonly object _gate = new();
            private long _sum;
            public double Average => _seen.Count == 0 ? 0 : (double)_sum / _seen.Count;
            public static Counter Of(long unit) { Counter made = new(); made._seen.Add(unit); made._sum = unit; return made; }
            public Counter Plus(Counter other) { lock (_gate) { _seen.AddRange(other._seen); _sum += other._sum; } return this; }
            public string Show() => $"{string.Join('+', _seen)}={_sum}";
        }

        // A property that rounds what it shows, with a parameter of its name.
        public sealed class Mean(double value, long count)
        {
            private readonly double _value = value;
            public double Value => Math.Round(_value, 0);
            public long Count { get; } = count;
            public Mean Plus(Mean other) => new(((_value * Count) + (other._value * other.Count)) / (Count + other.Count), Count + other.Count);
            public string Show() => $"{_value:R} {Count}";
        }

        public sealed class CaseBlind : Dictionary<string, long>
        {
            public CaseBlind() : base(StringComparer.OrdinalIgnoreCase) { }
        }

        public sealed class Named : List<object>
        {
            public string Name { get; private set; } = "";
            public void Add(long number, string name = "") { base.Add(number); Name = name; }
            public Named Plus(Named other) { AddRange(other); Name += other.Name; return this; }
            public string Show() => $"{Name}: {string.Join(',', this)}";
        }

        public class History : Stack<long>;

        public sealed class Modulo(int by) : IEqualityComparer<int>
        {
            public bool Equals(int a, int b) => a % by == b % by;
            public int GetHashCode(int number) => number % by;
        }

        public sealed class ByTen : HashSet<int>
        {
            public ByTen() : base(new Modulo(10)) { }
        }

        public sealed class ComparesX : IEqualityComparer<Point>
        {
            public bool Equals(Point a, Point b) => a.X == b.X;
            public int GetHashCode(Point point) => point.X;
        }

        public static class H
        {
            public static readonly IComparer<long> Descending = Comparer<long>.Create((a, b) => b.CompareTo(a));
            public static readonly IEqualityComparer<Point> ByX = new ComparesX();

            public static Stack<T> Push<T>(Stack<T> a, Stack<T> b) { foreach (T entry in b.Reverse()) a.Push(entry); return a; }
            public static ConcurrentStack<T> Push<T>(ConcurrentStack<T> a, ConcurrentStack<T> b) { foreach (T entry in b.Reverse()) a.Push(entry); return a; }
            public static History Pushed(params long[] numbers) { History made = new(); foreach (long number in numbers) made.Push(number); return made; }
            public static BitArray Append(BitArray a, BitArray b) => new([.. a.Cast<bool>(), .. b.Cast<bool>()]);
            public static PriorityQueue<string, int> Queue(int unit)
            {
                PriorityQueue<string, int> queue = new();
                for (int i = 0; i < 5; i++)
                    queue.Enqueue($"{unit}.{i}", (unit + i) % 3);
                queue.Dequeue();
                return queue;
            }
            public static PriorityQueue<string, int> Enqueue(PriorityQueue<string, int> a, PriorityQueue<string, int> b)
            {
                foreach (var (element, priority) in b.UnorderedItems)
                    a.Enqueue(element, priority);
                return a;
            }
            public static string Drain(PriorityQueue<string, int> queue)
            {
                PriorityQueue<string, int> copy = new(queue.UnorderedItems);
                StringBuilder text = new();
                while (copy.TryDequeue(out string? element, out _))
                    text.Append(element).Append(' ');
                return text.ToString();
            }
            public static ISet<T> Union<T>(ISet<T> a, IEnumerable<T> b) { a.UnionWith(b); return a; }
            public static IDictionary<TKey, TValue> Add<TKey, TValue>(IDictionary<TKey, TValue> a, IDictionary<TKey, TValue> b)
                where TValue : INumber<TValue>
            {
                foreach (var (key, value) in b)
                    a[key] = a.TryGetValue(key, out TValue? own) ? own + value : value;
                return a;
            }
        }
        """;

    private const string Usings = """
        using System.Collections;
        using System.Collections.Concurrent;
        using System.Collections.Immutable;
        using System.Collections.Specialized;
        using System.Globalization;
        using System.Net;
        using System.Numerics;
        using System.Text;
        using OrleansWork;
        using Generated;
        using static Generated.H;
        """;

    /// <summary>Writes one shape; its kind is called <c>gNUMBER</c>, its class <c>Shapes.NNUMBER.Kind</c>.</summary>
    public static string Of(PartialShape shape, int number)
    {
        Writer writer = new(shape);
        string n = number.ToString(CultureInfo.InvariantCulture);
        return $$"""
            {{Usings}}
            namespace Shapes.N{{n}}
            {
            {{writer.Declaration}}
            [JobKind("g{{n}}")]
            public sealed class Kind : JobKind<Input, {{writer.Name}}, string>
            {
                public override long CountUnits(Input input) => input.Size;
                public override {{writer.Name}} RunUnit(Input input, long unit, UnitContext context) => {{writer.Name}}.Make(unit);
                public override {{writer.Name}} Combine({{writer.Name}} left, {{writer.Name}} right) => {{writer.Name}}.Merge(left, right);
                public override string Finish(Input input, {{writer.Name}} partial) => partial.Show();
                public static string InMemory(long from, long to) => Fold(from, to).Show();
                private static {{writer.Name}} Fold(long from, long to)
                {
                    if (to - from == 1)
                        return {{writer.Name}}.Make(from);
                    long half = (long)BitOperations.RoundUpToPowerOf2((ulong)(to - from)) / 2;
                    return {{writer.Name}}.Merge(Fold(from, from + half), Fold(from + half, to));
                }
            }
            }
            """;
    }

    private sealed class Writer(PartialShape shape)
    {
        private readonly IReadOnlyList<MemberShape> _members = shape.Members;

        public string Name => shape.Form == Form.GenericClass ? "P<int>" : "P";

        public string Declaration =>
            shape.Form switch
            {
                Form.SealedClass => Body("public sealed class P", "public P() { }", Constructor("private")),
                Form.OpenClass => Body("public class P", "public P() { }", Constructor("private")),
                Form.PrivateConstructor => Body("public sealed class P", Constructor("private")),
                Form.TwoConstructors => Body(
                    "public sealed class P",
                    Constructor("public"),
                    $"public P({Parameters}, int unused) : this({Arguments}) {{ }}"
                ),
                Form.GenericClass => Body(
                    "public sealed class P<T>",
                    "public P() { }",
                    "public T Extra { get; private set; } = default!;",
                    Constructor("private")
                ),
                Form.Record => Body("public sealed record P", "public P() { }", Constructor("private")),
                Form.Struct => Body("public struct P", Constructor("public")),
                Form.ReadonlyStruct => Body("public readonly struct P", Constructor("public")),
                Form.RecordStruct => Body("public record struct P", Constructor("public")),
                Form.PrimaryConstructor => Primary("public sealed class P"),
                Form.PositionalRecord => Positional(),
                _ => Derived(),
            };

        private string Parameters => string.Join(", ", _members.Select((member, i) => $"{member.Content.Type} a{i}"));

        private string Arguments => string.Join(", ", _members.Select((_, i) => $"a{i}"));

        private string Constructor(string access) =>
            $"{access} P({Parameters}) {{ {string.Concat(_members.Select((member, i) => $"{Target(member, i)} = a{i}; "))}}}";

        private string Body(string header, params string[] constructors) =>
            $"{header}\n{{\n{string.Join('\n', _members.Select(Member))}\n{string.Join('\n', constructors)}\n{Methods()}\n}}";

        // Members that take their values from parameters, some of which are used later as well.
        private string Primary(string header)
        {
            StringBuilder text = new($"{header}({Parameters})\n{{\n");
            for (int i = 0; i < _members.Count; i++)
            {
                text.AppendLine(
                    _members[i].Style is Style.PrivateField or Style.HiddenReadonlyField
                        ? $"internal {_members[i].Content.Type} Get{i}() => a{i};"
                        : $"{Member(_members[i], i, $" = a{i}")}"
                );
            }

            return text.Append(Methods()).Append("\n}").ToString();
        }

        private string Positional()
        {
            string rest = string.Join('\n', _members.Skip(1).Select((member, i) => Member(member, i + 1)));
            string constructor =
                _members.Count == 1
                    ? ""
                    : $"private P({Parameters}) : this(a0) {{ {string.Concat(_members.Skip(1).Select((member, i) => $"{Target(member, i + 1)} = a{i + 1}; "))}}}";
            return $"public sealed record P({_members[0].Content.Type} M0)\n{{\ninternal {_members[0].Content.Type} Get0() => M0;\n{rest}\n{constructor}\n{Methods()}\n}}";
        }

        private string Derived()
        {
            MemberShape first = _members[0];
            string rest = string.Join('\n', _members.Skip(1).Select((member, i) => Member(member, i + 1)));
            string own = string.Concat(_members.Skip(1).Select((member, i) => $"{Target(member, i + 1)} = a{i + 1}; "));
            return $$"""
                public abstract class Base
                {
                {{Member(first, 0)}}
                protected Base() { }
                private protected Base({{first.Content.Type}} a0) { {{Target(first, 0)}} = a0; }
                }
                public sealed class P : Base
                {
                {{rest}}
                public P() { }
                private P({{Parameters}}) : base(a0) { {{own}} }
                {{Methods()}}
                }
                """;
        }

        private string Methods()
        {
            StringBuilder text = new();
            List<string> makes = [];
            List<string> merges = [];
            List<string> shows = [];
            for (int i = 0; i < _members.Count; i++)
            {
                Content content = _members[i].Content;
                text.AppendLine($"static {content.Type} Make{i}(long unit) => {content.Make};");
                text.AppendLine(
                    $"static {content.Type} Merge{i}({content.Type} a, {content.Type} b) => ({content.Type})({content.Merge});"
                );
                text.AppendLine($"static string Show{i}({content.Type} v) => {content.Show};");
                makes.Add($"Make{i}(unit)");
                merges.Add($"Merge{i}(a.Get{i}(), b.Get{i}())");
                shows.Add($"Show{i}(Get{i}())");
            }

            string name = Name.Replace("int", "T", StringComparison.Ordinal);
            text.AppendLine($"public static {name} Make(long unit) => new({string.Join(", ", makes)});");
            text.AppendLine($"public static {name} Merge({name} a, {name} b) => new({string.Join(", ", merges)});");
            text.AppendLine($"public string Show() => string.Join(\" | \", {string.Join(", ", shows)});");
            return text.ToString();
        }

        private string Member(MemberShape member, int i) => Member(member, i, "");

        private string Member(MemberShape member, int i, string value)
        {
            string type = member.Content.Type;
            bool isStruct = shape.Form is Form.Struct or Form.ReadonlyStruct or Form.RecordStruct;
            string start =
                value.Length > 0 ? value
                : isStruct ? ""
                : " = default!";
            string propertyStart = start.Length > 0 ? $"{start};" : "";
            string fieldStart = start.Length > 0 ? $"{start};" : ";";
            string getter = $"internal {type} Get{i}() => {Target(member, i)};";
            return StyleOf(member) switch
                {
                    Style.SetProperty => $"public {type} M{i} {{ get; set; }}{propertyStart}",
                    Style.PrivateSetProperty => $"public {type} M{i} {{ get; private set; }}{propertyStart}",
                    Style.InitProperty => $"public {type} M{i} {{ get; init; }}{propertyStart}",
                    Style.GetOnlyProperty => $"public {type} M{i} {{ get; }}{propertyStart}",
                    Style.FieldProperty => $"public {type} M{i} {{ get => field; private set => field = value; }}{propertyStart}",
                    Style.WholeField => $"public {type} M{i}{fieldStart}",
                    Style.ReadonlyField => $"public readonly {type} M{i}{fieldStart}",
                    Style.PrivateField => $"private {type} _m{i}{fieldStart}",
                    Style.HiddenReadonlyField => $"private readonly {type} _m{i}{fieldStart}",
                    // A setter that nobody may call for a value that was there before.
                    Style.GuardedProperty =>
                        $"private {type} _m{i}{fieldStart} public {type} M{i} {{ get => _m{i}; set => throw new InvalidOperationException(); }}",
                    Style.TwoViews =>
                        $"public {type} M{i} {{ get; set; }}{propertyStart} public {type} V{i} {{ get => M{i}; set => throw new InvalidOperationException(); }}",
                    Style.InternalProperty => $"internal {type} M{i} {{ get; set; }}{propertyStart}",
                    _ => $"private readonly {type} _m{i}{fieldStart} public int M{i} => Show{i}(_m{i}).Length;",
                } + $"\n{getter}";
        }

        private string Target(MemberShape member, int i) =>
            StyleOf(member) is Style.PrivateField or Style.HiddenReadonlyField or Style.ComputedOverPrivate or Style.GuardedProperty
                ? $"_m{i}"
                : $"M{i}";

        private Style StyleOf(MemberShape member) =>
            (shape.Form, member.Style) switch
            {
                (
                    Form.ReadonlyStruct,
                    Style.SetProperty
                        or Style.PrivateSetProperty
                        or Style.FieldProperty
                        or Style.InternalProperty
                        or Style.TwoViews
                        or Style.GuardedProperty
                ) => Style.GetOnlyProperty,
                (Form.ReadonlyStruct, Style.WholeField) => Style.ReadonlyField,
                (Form.ReadonlyStruct, Style.PrivateField) => Style.HiddenReadonlyField,
                (Form.DerivedClass, Style.ComputedOverPrivate) when member == _members[0] => Style.HiddenReadonlyField,
                _ => member.Style,
            };
    }
}
