using System.Text.Json;
using CsCheck;

namespace OrleansWork.Abstractions.Tests;

public sealed class JobOptionsChangeTests
{
    private static readonly JobOptions Some = new()
    {
        Placement = PlacementPolicy.Random,
        Execution = ExecutionMode.Spawned,
        ChunkTime = TimeSpan.FromSeconds(1),
        ChunkUnits = 12,
        MaxParallel = 5,
        MaxAttempts = 9,
        Priority = 8,
        Speculation = false,
        Require = ["gpu"],
    };

    /// <summary>Any change: each option left alone, put to its default, or given a value.</summary>
    private static readonly Gen<JobOptionsChange> Any = Gen.Select(
        Gen.Int[0, 2].Array[7],
        Gen.Enum<PlacementPolicy>(),
        Gen.Enum<ExecutionMode>(),
        Gen.Int[1, 60_000],
        Gen.Long[1, long.MaxValue],
        Gen.Int[1, int.MaxValue],
        Gen.Int[0, 9],
        Gen.Bool,
        (wishes, placement, execution, millis, chunk, parallel, priority, speculation) =>
        {
            JobOptionsChange change = new();
            if (wishes[0] > 0)
                change = change with { Placement = wishes[0] == 1 ? null : placement };
            if (wishes[1] > 0)
                change = change with { Execution = wishes[1] == 1 ? null : execution };
            if (wishes[2] > 0)
                change = change with { ChunkTime = wishes[2] == 1 ? null : TimeSpan.FromMilliseconds(millis) };
            if (wishes[3] > 0)
                change = change with { ChunkUnits = wishes[3] == 1 ? null : chunk };
            if (wishes[4] > 0)
                change = change with { MaxParallel = wishes[4] == 1 ? null : parallel };
            if (wishes[5] > 0)
                change = change with { Priority = wishes[5] == 1 ? null : priority };
            if (wishes[6] > 0)
                change = change with { Speculation = wishes[6] == 1 ? null : speculation };
            return change;
        }
    );

    [Fact]
    public void ApplyTo_NotSet_LeavesAndNullPutsBackToTheDefault()
    {
        Assert.Equal(Some, new JobOptionsChange().ApplyTo(Some));
        Assert.Equal(
            Some with
            {
                Placement = PlacementPolicy.RoundRobin,
                ChunkUnits = null,
                Priority = 4,
            },
            new JobOptionsChange
            {
                Placement = PlacementPolicy.RoundRobin,
                ChunkUnits = null,
                Priority = null,
            }.ApplyTo(Some)
        );
        JobOptionsChange back = new()
        {
            Placement = null,
            Execution = null,
            ChunkTime = null,
            ChunkUnits = null,
            MaxParallel = null,
            Priority = null,
            Speculation = null,
        };
        Assert.Equal(new JobOptions { MaxAttempts = 9, Require = Some.Require }, back.ApplyTo(Some));
    }

    [Fact]
    public void IsEmpty_OnlyWhileNothingIsSet_BeItToNull()
    {
        Assert.True(new JobOptionsChange().IsEmpty);
        Assert.False(new JobOptionsChange { MaxParallel = null }.IsEmpty);
        Assert.NotEqual(new JobOptionsChange(), new JobOptionsChange { MaxParallel = null });
        Assert.Equal(new JobOptionsChange { Priority = 3 }, new JobOptionsChange { Priority = 3 });
    }

    /// <summary>A program may write it with any options: what is not set must not come back as null, which means its default.</summary>
    [Fact]
    public void Json_AnyChangeAndAnyOptions_ComesBackAsItIs() =>
        Any.Sample(change =>
        {
            Assert.Empty(change.Validate());
            foreach (
                JsonSerializerOptions options in (JsonSerializerOptions[])
                    [JsonSerializerOptions.Default, new(JsonSerializerDefaults.Web), OrleansWorkJson.Documents, OrleansWorkJson.Payloads]
            )
            {
                string json = JsonSerializer.Serialize(change, options);
                Assert.Equal(change, JsonSerializer.Deserialize<JobOptionsChange>(json, options));
            }

            Assert.Equal(change.IsEmpty, JsonSerializer.Serialize(change) == "{}");
        });

    [Fact]
    public void Json_IsAMergePatch() =>
        Assert.Equal(
            """{"placement":"least-loaded","chunkTime":"250ms","chunkUnits":null,"speculation":false}""",
            JsonSerializer.Serialize(
                new JobOptionsChange
                {
                    ChunkUnits = null,
                    Placement = PlacementPolicy.LeastLoaded,
                    Speculation = false,
                    ChunkTime = TimeSpan.FromMilliseconds(250),
                }
            )
        );

    [Theory]
    [InlineData("""{"maxAttempts": 3}""", "maxAttempts", "maxAttempts stays as the job was submitted. What can be changed is placement,")]
    [InlineData("""{"deadline": null}""", "deadline", "stays as the job was submitted")]
    [InlineData("""{"require": []}""", "require", "stays as the job was submitted")]
    [InlineData("""{"prioriti": 3}""", "prioriti", "There is no option prioriti; did you mean priority?")]
    [InlineData("""{"placement": "rondom"}""", "placement", "did you mean random?")]
    [InlineData("""{"placement": 1}""", "placement", "it must be one of random, round-robin, least-loaded, adaptive")]
    [InlineData("""{"priority": "9"}""", "priority", "it must be an integer")]
    [InlineData("""{"priority": 10}""", "priority", "priority is 10; it must be from 0 to 9.")]
    [InlineData("""{"chunkUnits": 0}""", "chunkUnits", "it must be at least 1")]
    [InlineData("""{"chunkTime": 50}""", "chunkTime", "A duration is a string such as")]
    [InlineData("""{"chunkTime": "2h"}""", "chunkTime", "it must be from 1ms to 1m")]
    [InlineData("""{"maxParallel": 1.5}""", "maxParallel", "written without fraction or exponent")]
    [InlineData("""{"speculation": "on"}""", "speculation", "it must be true or false")]
    [InlineData("""{"priority": 1, "priority": 2}""", "priority", "given twice")]
    [InlineData("""{"placement": "\ud800"}""", "placement", "half of a surrogate pair")]
    [InlineData("[]", "options", "must be an object")]
    public void Read_Wrong_NamesTheOption(string patch, string option, string says)
    {
        (_, IReadOnlyList<InputProblem> problems) = JobOptionsPatch.Read(JsonElement.Parse(patch));
        InputProblem problem = Assert.Single(problems);
        Assert.Equal(option, problem.Field);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
        Assert.Contains(
            says,
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<JobOptionsChange>(patch)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_SeveralWrong_NamesThemAll()
    {
        (_, IReadOnlyList<InputProblem> problems) = JobOptionsPatch.Read(
            JsonElement.Parse("""{"seed": 1, "priority": "high", "chunkUnits": null, "nonsense": true}""")
        );
        Assert.Equal(["nonsense", "priority", "seed"], problems.Select(problem => problem.Field).Order());
    }
}
