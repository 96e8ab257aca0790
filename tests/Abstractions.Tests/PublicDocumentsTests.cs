using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CsCheck;

namespace OrleansWork.Abstractions.Tests;

/// <summary>Documents as a web application writes them with the options it happens to have.</summary>
public sealed class PublicDocumentsTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly JsonSerializerOptions[] AnyOptions = [JsonSerializerOptions.Default, Web, OrleansWorkJson.Documents];
    private static readonly Dictionary<Type, string[]> Words = new()
    {
        [typeof(JobState)] = ["queued", "decomposing", "running", "paused", "succeeded", "failed", "canceled"],
        [typeof(PlacementPolicy)] = ["random", "round-robin", "least-loaded", "adaptive"],
        [typeof(ExecutionMode)] = ["pooled", "spawned"],
        [typeof(OnUnitFailure)] = ["fail", "skip"],
        [typeof(LeaseReason)] = ["probe", "steady", "last-round", "fixed", "retry", "canary", "second-attempt", "adopted"],
        [typeof(LeaseState)] = ["running", "committed", "yielded", "failed", "lost", "overtaken", "canceled", "refused"],
        [typeof(PlacementRule)] =
        [
            "none",
            "only-one-with-room",
            "random",
            "next-in-turn",
            "fewest-per-slot",
            "fewer-of-two",
            "soonest-served",
            "fastest-of-cold",
            "explored",
            "first-to-finish",
            "offered",
            "kept-for-canary",
        ],
        [typeof(ErrorReason)] = ["wrong-input", "not-found", "refused", "conflict", "busy", "unavailable", "limit-reached"],
    };

    [Fact]
    public void JobDetails_HaveTheirSilosWhole_AndTheStatusOfTheSameJobHasTheirCountsAlone()
    {
        JobDetails details = new()
        {
            Id = "job",
            Kind = "kind",
            Options = new JobOptions(),
            Units = new UnitCounts(1, 1, 0, 0),
            Silos = [new SiloShareDetails("s", 1, 2, 0.5) { Speed = 0.6, LeaseSeconds = new LeaseSeconds(1, 2, 3, 4) }],
            Balance = 0.25,
        };

        JobDetails read = JsonSerializer.Deserialize<JobDetails>(
            JsonSerializer.SerializeToUtf8Bytes(details, OrleansWorkJson.Documents),
            OrleansWorkJson.Documents
        )!;
        JsonElement status = JsonSerializer.SerializeToElement<JobStatus>(details, OrleansWorkJson.Documents);

        Assert.Equal((details.Silos[0], 0.25), (read.Silos[0], read.Balance));
        Assert.Equal(
            ["silo", "units", "leases", "busySeconds"],
            status.GetProperty("silos")[0].EnumerateObject().Select(static member => member.Name)
        );
        Assert.Null(new JobDetails(
                new JobStatus
                {
                    Id = "job",
                    Kind = "kind",
                    Options = new JobOptions(),
                    Units = details.Units,
                    Silos = [new SiloShare("s", 1, 2, 0.5)],
                },
                details.Input,
                null
            ).Silos[0].Speed);
    }

    [Fact]
    public void Enumerations_AnyOptions_AreTheWordsOfTheContract()
    {
        Type[] all = [.. typeof(JobStatus).Assembly.GetExportedTypes().Where(type => type.IsEnum)];
        Assert.Equal(Words.Keys.ToHashSet(), all.ToHashSet());
        foreach (JsonSerializerOptions options in AnyOptions)
        {
            foreach (Type type in all)
            {
                object[] values = [.. Enum.GetValues(type).Cast<object>()];
                string[] written = [.. values.Select(value => JsonSerializer.SerializeToElement(value, type, options).GetString()!)];
                Assert.Equal(Words[type], written);
                Assert.Equal(values, written.Select(word => JsonSerializer.Deserialize($"\"{word}\"", type, options)!));
                Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("1", type, options));
            }
        }
    }

    [Fact]
    public void Durations_OfDocuments_SayHowTheyAreWritten()
    {
        PropertyInfo[] durations =
        [
            .. typeof(JobOptions)
                .GetProperties()
                .Where(p => (Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType) == typeof(TimeSpan)),
        ];
        Assert.Equal(3, durations.Length);
        Assert.All(durations, p => Assert.Equal(typeof(DurationConverter), p.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType));
        JsonNode written = JsonSerializer.SerializeToNode(new JobOptions { Deadline = TimeSpan.FromHours(2) }, Web)!;
        Assert.Equal(("50ms", "2h", null), ((string?)written["chunkTime"], (string?)written["deadline"], (string?)written["unitTimeout"]));
    }

    [Fact]
    public void Status_AnyOptions_SaysTheSameAndComesBack() =>
        Statuses.Sample(status =>
        {
            foreach (JsonSerializerOptions options in AnyOptions)
            {
                string json = JsonSerializer.Serialize(status, options);
                JobStatus read = JsonSerializer.Deserialize<JobStatus>(json, options)!;
                Assert.Equal(json, JsonSerializer.Serialize(read, options));
                Assert.Equal(
                    JsonSerializer.Serialize(status, OrleansWorkJson.Documents),
                    JsonSerializer.Serialize(read, OrleansWorkJson.Documents)
                );
            }

            // The names are the options' affair; what they name is not.
            Assert.Equal(
                JsonSerializer.Serialize(status, OrleansWorkJson.Documents),
                JsonSerializer.Serialize(
                    JsonSerializer.Deserialize<JobStatus>(JsonSerializer.Serialize(status, Web), OrleansWorkJson.Documents),
                    OrleansWorkJson.Documents
                )
            );
        });

    [Fact]
    public void OtherDocuments_AnyOptions_ComeBack()
    {
        object[] documents =
        [
            new Page<JobSummary>([new("a", "sum", 1, JobState.Paused, new(3, 1, 0, 0), default, null, 1.5, new("T", "m", 2, "s"))], "next"),
            new JobQuery(JobState.Canceled, "sum", "text", 10, "cursor"),
            new SiloStatus(
                "127.0.0.1:1@2",
                "draining",
                2,
                1,
                0,
                3.5,
                0,
                0.5,
                1,
                2,
                new Dictionary<string, string> { ["gpu"] = "" },
                ["sum@1"]
            ),
            new KindStatus("sum", 1, "adds", JsonSerializer.SerializeToElement(new { type = "object" }), 3) { IsMap = true },
            new UnitLogLine(1, default, "warning", 2, 1, "s", "text", 0.5),
        ];
        foreach (JsonSerializerOptions options in AnyOptions)
        {
            foreach (object document in documents)
            {
                string json = JsonSerializer.Serialize(document, document.GetType(), options);
                object read = JsonSerializer.Deserialize(json, document.GetType(), options)!;
                Assert.Equal(json, JsonSerializer.Serialize(read, document.GetType(), options));
            }
        }
    }

    private static Gen<JobStatus> Statuses { get; } =
        Gen.Select(
            Gen.Enum<JobState>(),
            Gen.Select(Gen.Enum<PlacementPolicy>(), Gen.Enum<ExecutionMode>(), Gen.Enum<OnUnitFailure>(), Gen.Long[1, 10_000_000]),
            Gen.Long[0, long.MaxValue],
            Gen.Double[0, 1e12],
            (state, how, units, seconds) =>
                new JobStatus
                {
                    Id = "job",
                    Kind = "kind",
                    Version = 2,
                    State = state,
                    Options = new JobOptions
                    {
                        Placement = how.Item1,
                        Execution = how.Item2,
                        OnUnitFailure = how.Item3,
                        UnitTimeout = TimeSpan.FromMilliseconds(how.Item4),
                        Require = ["gpu"],
                    },
                    Units = new UnitCounts(units, units / 2, 1, 2),
                    Error = new JobError("T", "m", units, "s") { Stack = "at" },
                    ElapsedSeconds = seconds,
                    EtaSeconds = new EtaInterval(seconds, seconds * 2),
                    Failures = [new UnitFailure(1, 2, "T", "m", null)],
                    Silos = [new SiloShare("s", 1, 2, seconds)],
                }
        );
}
