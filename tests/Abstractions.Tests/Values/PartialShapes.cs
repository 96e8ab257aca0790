using CsCheck;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>Generates types of partials: forms, styles of members and contents, each with each.</summary>
public static class PartialShapes
{
    private const string Numbers = "string.Join(',', v)";
    private const string Entries = "string.Join(',', v.Select(e => $\"{e.Key}={e.Value}\"))";

    // What every case knows how to make, merge and show; merging uses what a lossy way would lose: order, comparers, hidden state.
    private static readonly Content[] Contents =
    [
        new("long", "unit + 1", "a + b", "$\"{v}\""),
        new("double", "unit / 3.0", "a + b", "v.ToString(\"R\")"),
        new("double", "double.NaN", "a", "v.ToString(\"R\")"),
        new("float", "unit * 0.1f", "a + b", "v.ToString(\"R\")"),
        new("Half", "(Half)unit", "a > b ? a : b", "$\"{v}\""),
        new("decimal", "unit + 1.50m", "a + b", "$\"{v}\""),
        new("Int128", "(Int128)unit << 70", "a + b", "$\"{v}\""),
        new("bool", "unit % 2 == 1", "a | b", "$\"{v}\""),
        new("char", "(char)('a' + (unit % 20))", "a > b ? a : b", "$\"{v}\""),
        new("string", "$\"é{unit}\\n\\\"<\\u2028\"", "a + b", "v"),
        new("string?", "unit % 2 == 0 ? null : \"x\"", "a ?? b", "v ?? \"null\""),
        new("long?", "unit % 3 == 0 ? null : unit", "a ?? b", "$\"{v}\""),
        new("Guid", "new Guid((int)unit, 1, 2, [1, 2, 3, 4, 5, 6, 7, 8])", "a.CompareTo(b) > 0 ? a : b", "$\"{v}\""),
        new("TimeSpan", "TimeSpan.FromTicks(-7 * unit - 3)", "a + b", "$\"{v.Ticks}\""),
        new("TimeSpan", "unit == 3 ? TimeSpan.MinValue : TimeSpan.MaxValue", "a < b ? a : b", "$\"{v.Ticks}\""),
        new("DateTime", "new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(unit)", "a > b ? a : b", "$\"{v.Ticks} {v.Kind}\""),
        new(
            "DateTimeOffset",
            "new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(-3)).AddTicks(unit)",
            "a > b ? a : b",
            "$\"{v.Ticks} {v.Offset}\""
        ),
        new("DateOnly", "DateOnly.FromDayNumber((int)unit + 700000)", "a > b ? a : b", "$\"{v.DayNumber}\""),
        new("DayOfWeek", "(DayOfWeek)(unit * 5)", "a > b ? a : b", "$\"{(int)v}\""),
        new("Flags", "(Flags)(unit & 31)", "a | b", "$\"{(int)v}\""),
        new("Twins", "(Twins)(unit % 4)", "a > b ? a : b", "$\"{(int)v}\""),
        new("Wide", "(Wide)(ulong.MaxValue - (ulong)unit)", "a < b ? a : b", "$\"{(ulong)v}\""),
        new("Complex", "new Complex(1, unit)", "a + b", "$\"{v.Real:R} {v.Imaginary:R}\""),
        new("BigInteger", "BigInteger.Pow(10, (int)unit + 20)", "a + b", "$\"{v}\""),
        new("StringBuilder", "new StringBuilder(\"s\").Append(unit)", "a.Append(b)", "v.ToString()"),
        new("Rune", "new Rune(0x1F600 + (int)unit)", "a > b ? a : b", "$\"{v.Value}\""),
        new("Index", "new Index((int)unit, unit % 2 == 0)", "a.Value > b.Value ? a : b", "$\"{v}\""),
        new("Range", "(int)unit..^2", "a.Start.Value > b.Start.Value ? a : b", "$\"{v}\""),
        new(
            "Uri",
            "new Uri($\"http://h/{unit}\")",
            "string.CompareOrdinal(a.OriginalString, b.OriginalString) > 0 ? a : b",
            "v.OriginalString"
        ),
        new("IPAddress", "new IPAddress(unit + 16777343)", "string.CompareOrdinal(a.ToString(), b.ToString()) > 0 ? a : b", "v.ToString()"),
        new("byte[]", "[(byte)unit, 255]", "[.. a, .. b]", "Convert.ToHexString(v)"),
        new("long[]", "[unit, -unit]", "[.. a, .. b]", Numbers),
        new("List<long>", "[unit]", "[.. a, .. b]", Numbers),
        new("IReadOnlyList<long>", "[unit]", "[.. a, .. b]", Numbers),
        new("IEnumerable<long>", "new List<long> { unit }", "a.Concat(b).ToList()", Numbers),
        new("ImmutableArray<long>", "[unit]", "[.. a, .. b]", Numbers),
        new("ImmutableList<long>", "[unit]", "a.AddRange(b)", Numbers),
        new("Queue<long>", "new Queue<long>([unit])", "new Queue<long>([.. a, .. b])", Numbers),
        new("LinkedList<long>", "new LinkedList<long>([unit])", "new LinkedList<long>([.. a, .. b])", Numbers),
        new("Stack<long>", "new Stack<long>([unit])", "Push(a, b)", Numbers),
        new("ConcurrentStack<long>", "new ConcurrentStack<long>([unit])", "Push(a, b)", Numbers),
        new("ImmutableStack<long>", "[unit]", "b.Reverse().Aggregate(a, (s, n) => s.Push(n))", Numbers),
        new("ArraySegment<long>", "new ArraySegment<long>([9, unit, 9], 1, 1)", "new ArraySegment<long>([.. a, .. b])", Numbers),
        new(
            "ReadOnlyMemory<long>",
            "new long[] { unit }",
            "new ReadOnlyMemory<long>([.. a.ToArray(), .. b.ToArray()])",
            "string.Join(',', v.ToArray())"
        ),
        new("BitArray", "new BitArray([unit % 2 == 0, true])", "Append(a, b)", "string.Join(',', v.Cast<bool>())"),
        new("PriorityQueue<string, int>", "Queue((int)unit)", "Enqueue(a, b)", "Drain(v)"),
        new("HashSet<long>", "[unit % 7]", "[.. a.Union(b)]", Numbers),
        new("HashSet<string>", "new(StringComparer.OrdinalIgnoreCase) { unit % 2 == 0 ? \"k\" : \"K\" }", "Union(a, b)", Numbers),
        new(
            "ISet<string>",
            "new HashSet<string>(StringComparer.OrdinalIgnoreCase) { unit % 2 == 0 ? \"k\" : \"K\" }",
            "Union(a, b)",
            Numbers
        ),
        new("SortedSet<long>", "[100 - unit]", "[.. a.Union(b)]", Numbers),
        new("SortedSet<string>", "new(StringComparer.OrdinalIgnoreCase) { unit % 2 == 0 ? \"k\" : \"K\" }", "Union(a, b)", Numbers),
        new("SortedSet<long>", "new(Descending) { unit }", "Union(a, b)", Numbers, MustCross: false),
        new("HashSet<Point>", "new(ByX) { new Point(1, (int)unit) }", "Union(a, b)", "$\"{v.Count}\"", MustCross: false),
        new("Dictionary<string, long>", "new() { [$\"k{unit % 5}\"] = unit }", "Add(a, b)", Entries),
        new(
            "Dictionary<string, long>",
            "new(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }",
            "Add(a, b)",
            Entries
        ),
        new(
            "Dictionary<string, long>",
            "new(StringComparer.InvariantCultureIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }",
            "Add(a, b)",
            Entries
        ),
        new(
            "IDictionary<string, long>",
            "new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }",
            "Add(a, b)",
            Entries
        ),
        new(
            "SortedDictionary<string, long>",
            "new(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }",
            "Add(a, b)",
            Entries
        ),
        new("SortedList<long, long>", "new() { [100 - unit] = unit }", "Add(a, b)", Entries),
        new(
            "ConcurrentDictionary<string, long>",
            "new(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }",
            "Add(a, b)",
            Entries
        ),
        new(
            "ImmutableDictionary<string, long>",
            "ImmutableDictionary<string, long>.Empty.WithComparers(StringComparer.OrdinalIgnoreCase).Add(unit % 2 == 0 ? \"k\" : \"K\", unit)",
            "b.Aggregate(a, (all, e) => all.SetItem(e.Key, e.Value + all.GetValueOrDefault(e.Key)))",
            Entries
        ),
        new(
            "ImmutableSortedDictionary<long, long>",
            "ImmutableSortedDictionary<long, long>.Empty.Add(100 - unit, unit)",
            "b.Aggregate(a, (all, e) => all.SetItem(e.Key, e.Value))",
            Entries
        ),
        new(
            "IReadOnlyDictionary<string, long>",
            "new SortedDictionary<string, long> { [$\"k{unit}\"] = unit }",
            "a.Concat(b).ToDictionary()",
            Entries
        ),
        new(
            "IDictionary<string, long>",
            "new SortedDictionary<string, long> { [$\"k{100 - unit}\"] = unit }",
            "Add(a, b)",
            Entries,
            MustCross: false
        ),
        new("Dictionary<(long, string), double>", "new() { [(unit, \"é\")] = 0.5 }", "Add(a, b)", Entries),
        new("Dictionary<Point, long>", "new() { [new Point((int)unit, 2)] = unit }", "Add(a, b)", Entries),
        new(
            "Dictionary<DayOfWeek, long>",
            "new() { [(DayOfWeek)(unit * 5)] = unit }",
            "Add(a, b)",
            "string.Join(',', v.Select(e => $\"{(int)e.Key}={e.Value}\"))"
        ),
        new("Dictionary<TimeSpan, long>", "new() { [TimeSpan.FromTicks(-unit)] = unit }", "Add(a, b)", Entries),
        new("Dictionary<BigInteger, long>", "new() { [BigInteger.Pow(10, 30 + (int)unit)] = unit }", "Add(a, b)", Entries),
        new("(long First, string Second)", "(unit, $\"t{unit}\")", "(a.First + b.First, a.Second + b.Second)", "$\"{v}\""),
        new("Tuple<long, string>", "Tuple.Create(unit, $\"t{unit}\")", "Tuple.Create(a.Item1 + b.Item1, a.Item2 + b.Item2)", "$\"{v}\""),
        new("KeyValuePair<string, long>", "KeyValuePair.Create(\"k\", unit)", "KeyValuePair.Create(a.Key, a.Value + b.Value)", "$\"{v}\""),
        new("Point", "new Point((int)unit, -1)", "new Point(a.X + b.X, a.Y + b.Y)", "$\"{v}\""),
        new("Shape", "unit % 2 == 0 ? new Circle(unit) : new Square(unit, \"s\")", "a.Size > b.Size ? a : b", "v.ToString()!"),
        new("IShape", "unit % 2 == 0 ? new Circle(unit) : new Square(unit, \"s\")", "a.Size > b.Size ? a : b", "v.ToString()!"),
        new("List<Shape>", "[new Circle(unit), new Square(unit, \"q\")]", "[.. a, .. b]", Numbers),
        new("Counter", "Counter.Of(unit)", "a.Plus(b)", "v.Show()"),
        new("List<Counter>", "[Counter.Of(unit)]", "[.. a, .. b]", "string.Join(',', v.Select(c => c.Show()))"),
        new("Mean", "new Mean(unit, 1)", "a.Plus(b)", "v.Show()"),
        new("CaseBlind", "new CaseBlind { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }", "Add(a, b)", Entries),
        new(
            "IReadOnlyDictionary<string, long>",
            "new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase) { [unit % 2 == 0 ? \"k\" : \"K\"] = unit }.AsReadOnly()",
            "((Dictionary<string, long>)Add(new Dictionary<string, long>(a, StringComparer.OrdinalIgnoreCase), new Dictionary<string, long>(b, StringComparer.OrdinalIgnoreCase))).AsReadOnly()",
            "$\"{string.Join(',', v.Select(e => $\"{e.Key}={e.Value}\"))} {v.ContainsKey(\"K\")}\""
        ),
        new(
            "IReadOnlyCollection<string>",
            "new HashSet<string>(StringComparer.OrdinalIgnoreCase) { unit % 2 == 0 ? \"k\" : \"K\" }",
            "Union(new HashSet<string>(a, ((HashSet<string>)a).Comparer), b)",
            Numbers,
            MustCross: false
        ),
        new("History", "Pushed(unit, unit + 100)", "Push(a, b)", Numbers),
        new("ByTen", "new ByTen { (int)unit, (int)unit + 1 }", "Union(a, b)", Numbers),
        new("object", "unit", "(long)a + (long)b", "$\"{v} {v.GetType().Name}\"", MustCross: false),
        new("Func<long>", "() => unit", "() => a() + b()", "$\"{v()}\"", MustCross: false),
        new("Lazy<long>", "new Lazy<long>(unit)", "new Lazy<long>(a.Value + b.Value)", "$\"{v.Value}\"", MustCross: false),
        new("long[,]", "new long[,] { { unit } }", "new long[,] { { a[0, 0] + b[0, 0] } }", "$\"{v[0, 0]}\"", MustCross: false),
        new(
            "NameValueCollection",
            "new NameValueCollection { { \"k\", $\"{unit}\" } }",
            "new NameValueCollection(a) { b }",
            "v[\"k\"]!",
            MustCross: false
        ),
        new("Named", "new Named { unit, \"n\" }", "a.Plus(b)", "v.Show()", MustCross: false),
        new(
            "ILookup<string, long>",
            "new[] { unit }.ToLookup(n => \"k\")",
            "a[\"k\"].Concat(b[\"k\"]).ToLookup(n => \"k\")",
            "string.Join(',', v[\"k\"])",
            MustCross: false
        ),
        new("Exception", "new InvalidOperationException($\"{unit}\")", "a", "v.Message", MustCross: false),
        new(
            "Shape2",
            "unit % 2 == 0 ? new Shape2() : Hidden.Make(unit)",
            "a.Size > b.Size ? a : b",
            "$\"{v.GetType().Name} {v.Size}\"",
            MustCross: false
        ),
    ];

    /// <summary>Gets shapes with one to four members.</summary>
    public static Gen<PartialShape> Gen { get; } =
        CsCheck.Gen.Select(
            CsCheck.Gen.Enum<Form>(),
            CsCheck
                .Gen.Select(
                    CsCheck.Gen.Enum<Style>(),
                    CsCheck.Gen.Int[0, Contents.Length - 1],
                    (style, content) => new MemberShape(style, Contents[content])
                )
                .List[1, 4],
            (form, members) => new PartialShape(form, members)
        );

    /// <summary>Gets one shape for each content in each style, in forms that take turns.</summary>
    public static IEnumerable<PartialShape> Each()
    {
        Form[] forms = Enum.GetValues<Form>();
        int turn = 0;
        foreach (Content content in Contents)
        {
            foreach (Style style in Enum.GetValues<Style>())
                yield return new PartialShape(forms[turn++ % forms.Length], [new MemberShape(style, content)]);
        }
    }
}
