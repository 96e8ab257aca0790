using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using CsCheck;
using OrleansWork.Testing;

namespace OrleansWork.Abstractions.Tests.Values;

/// <summary>No partial ends with another value than in memory: what generated types hold is carried, or refused by name.</summary>
public sealed class PartialShapeTests(ITestOutputHelper output)
{
    private const int Units = 20;

    /// <summary>How many generated types: few in a quick run, thousands where <c>ORLEANSWORK_VALUE_TYPES</c> says so.</summary>
    private static int Count =>
        int.TryParse(
            Environment.GetEnvironmentVariable("ORLEANSWORK_VALUE_TYPES"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int count
        )
            ? count
            : 100;

    [Fact]
    public async Task Run_AnyShapeOfPartial_GivesTheValueOfMemoryOrIsRefused()
    {
        string seed = Environment.GetEnvironmentVariable("CsCheck_Seed") ?? "0000000000Vl";
        List<PartialShape> shapes = PartialShapes.Gen.List[Count].Single(_ => true, seed);
        await RunAsync(shapes);
    }

    [Fact]
    public async Task Run_EachContentInEachStyle_GivesTheValueOfMemoryOrIsRefused()
    {
        Assert.SkipUnless(Count >= 1000, "ORLEANSWORK_VALUE_TYPES is not set to a thousand or more");
        await RunAsync([.. PartialShapes.Each()]);
    }

    private async Task RunAsync(List<PartialShape> shapes)
    {
        Assembly assembly = ShapeAssembly.Compile(shapes);
        ConcurrentBag<string> wrong = [];
        int carried = 0;
        int refused = 0;
        int failed = 0;
        await Parallel.ForAsync(
            0,
            shapes.Count,
            async (number, token) =>
            {
                PartialShape shape = shapes[number];
                Type kind = assembly.GetType(FormattableString.Invariant($"Shapes.N{number}.Kind"), throwOnError: true)!;
                string expected = InMemory(kind);
                bool mustCross = shape.Members.All(member => member.Content.MustCross);
                foreach (int chunk in (int[])[3, 1])
                {
                    string outcome = await RunAsync(kind, assembly, chunk);
                    if (!outcome.StartsWith('!') && outcome != expected)
                        wrong.Add($"{number} {shape} in chunks of {chunk}: {outcome} instead of {expected}");
                    if (mustCross && outcome.StartsWith('!'))
                        wrong.Add($"{number} {shape} was not carried: {outcome}");
                    if (outcome.StartsWith("!?", StringComparison.Ordinal))
                        Interlocked.Increment(ref refused);
                    else if (outcome.StartsWith('!'))
                        Interlocked.Increment(ref failed);
                    else
                        Interlocked.Increment(ref carried);
                }
            }
        );
        output.WriteLine(
            $"{shapes.Count} types, twice each: {carried} carried, {refused} refused when loaded, {failed} failed by name, {wrong.Count} wrong"
        );
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(20)));
    }

    private static string InMemory(Type kind) => (string)kind.GetMethod("InMemory")!.Invoke(null, [0L, (long)Units])!;

    /// <returns>The result; <c>!?</c> and why it was refused when loaded, <c>!</c> and why it failed.</returns>
    private static async Task<string> RunAsync(Type kind, Assembly assembly, int chunk)
    {
        Type input = assembly.GetType("Generated.Input", throwOnError: true)!;
        MethodInfo run = typeof(LocalRunner)
            .GetMethods()
            .Single(method => method.Name == nameof(LocalRunner.RunAsync) && method.GetParameters()[0].ParameterType == typeof(Type))
            .MakeGenericMethod(input, typeof(string));
        try
        {
            object? given = Activator.CreateInstance(input, Units);
            return await (Task<string>)
                run.Invoke(
                    null,
                    [
                        kind,
                        given,
                        new JobOptions
                        {
                            ChunkUnits = chunk,
                            MaxAttempts = 1,
                            MaxParallel = 2,
                        },
                        null,
                        CancellationToken.None,
                    ]
                )!;
        }
        catch (JobKindDefinitionException exception)
        {
            return $"!?{exception.Message}";
        }
        catch (JobFailedException exception)
        {
            return $"!{exception.Message}";
        }
    }
}
