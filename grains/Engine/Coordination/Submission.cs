using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <summary>A submission that may be recorded: all that could be refused of it is checked.</summary>
/// <param name="Kind">Its kind, which is on this silo.</param>
/// <param name="Options">Its options.</param>
/// <param name="OptionsJson">The same, as they are stored.</param>
/// <param name="Input">Its input, as it is stored.</param>
internal sealed record Submission(KindRuntime Kind, JobOptions Options, byte[] OptionsJson, byte[] Input)
{
    private const int MaxKindChars = 128;
    private const int MaxOptionsBytes = 64 * 1024;
    private const int MaxProblemsInWords = 5;

    /// <summary>Makes its first record; the input finds its place when that is written.</summary>
    public JobManifest ToManifest(string jobId, DateTimeOffset now) =>
        new()
        {
            JobId = jobId,
            Incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
            Kind = Kind.Descriptor.Name,
            KindVersion = Kind.Descriptor.Version,
            Input = StoredPayload.OfInline([]),
            OptionsJson = OptionsJson,
            Seed = JobSeed.Of(Options, Kind.Descriptor.Name, Input),
            State = JobState.Queued,
            SubmittedTicks = now.UtcTicks,
            IsAsync = Kind.Descriptor.IsAsync,
            SideEffects = Kind.Descriptor.SideEffects,
            IsMap = Kind.Descriptor.IsMap,
        };

    /// <summary>Reads a request to submit a job of a kind that is here.</summary>
    /// <returns>The submission, or why it is refused.</returns>
    public static async Task<(Submission? Submission, SubmitReply? Refusal)> ReadAsync(
        SubmitRequest request,
        KindRuntime kind,
        CoordinatorServices services
    )
    {
        if (!TryReadOptions(request.OptionsJson, out JobOptions options, out ImmutableArray<ProblemRecord> problems))
            return (null, Refuse(ErrorReason.WrongInput, problems));
        InputReading reading;
        try
        {
            reading = await services.UserCode.RunAsync("Validate", () => kind.ReadInput(request.InputJson), CancellationToken.None);
        }
        catch (UserCodeException exception)
        {
            return (null, Refuse(ErrorReason.WrongInput, "input", exception.Message));
        }

        return reading.Canonical is { } input
            ? (new Submission(kind, options, JobDocuments.Write(options), input), null)
            : (null, Refuse(reading.IsRefused ? ErrorReason.Refused : ErrorReason.WrongInput, reading.Problems));
    }

    /// <summary>Reads a request to change options.</summary>
    /// <returns>The change, or why it is refused.</returns>
    public static (JobOptionsChange Change, Refusal? Refusal) ReadChange(byte[] patch)
    {
        if (patch.Length > MaxOptionsBytes)
            return (new(), WrongOptions($"The change has {Text(patch.Length)} bytes; the limit is {Text(MaxOptionsBytes)}."));
        try
        {
            (JobOptionsChange change, IReadOnlyList<InputProblem> problems) = JobOptionsPatch.Read(JsonElement.Parse(patch));
            return problems.Count == 0
                ? (change, null)
                : (
                    change,
                    RefusalOf(ErrorReason.WrongInput, [.. problems.Select(problem => new ProblemRecord(problem.Field, problem.Message))])
                );
        }
        catch (JsonException exception)
        {
            return (new(), WrongOptions(exception.Message));
        }

        static Refusal WrongOptions(string message) => RefusalOf(ErrorReason.WrongInput, [new ProblemRecord("options", message)]);
    }

    /// <summary>Says why a request is refused at the door because of its size; null when it is not.</summary>
    public static SubmitReply? TooLarge(SubmitRequest request, int maxInputBytes)
    {
        if (request.InputJson.Length > maxInputBytes)
            return Refuse(
                ErrorReason.WrongInput,
                "input",
                new PayloadTooLargeException("input", request.InputJson.Length, maxInputBytes).Message
            );
        if (request.OptionsJson.Length > MaxOptionsBytes)
            return Refuse(
                ErrorReason.WrongInput,
                "options",
                $"The options have {Text(request.OptionsJson.Length)} bytes; the limit is {Text(MaxOptionsBytes)}."
            );
        if (request.Kind.Length > MaxKindChars)
            return Refuse(
                ErrorReason.WrongInput,
                "kind",
                $"The name of the kind has {Text(request.Kind.Length)} characters; no kind's name has more than {MaxKindChars}."
            );
        return null;
    }

    /// <summary>Says why the kind of a request is refused that no silo is known to have.</summary>
    public static SubmitReply UnknownKind(string kind, CoordinatorServices services)
    {
        IReadOnlyList<SiloView> silos = services.Loads.Snapshot();
        if (silos.Any(silo => silo is { State: SiloViewState.Active, Profile: null }))
        {
            return Refuse(
                ErrorReason.Unavailable,
                "kind",
                $"No silo is known to have kind '{kind}', and not every silo has said yet what it has."
            );
        }

        string[] names = KindHosts.Names(silos, services.Kinds);
        string? nearest = Suggestions.Nearest(kind, names);
        string hint = nearest is null ? "" : $" Did you mean '{nearest}'?";
        return Refuse(ErrorReason.WrongInput, "kind", $"There is no job kind '{kind}'.{hint} The cluster has: {string.Join(", ", names)}.");
    }

    /// <summary>Refuses a submission because of one field.</summary>
    public static SubmitReply Refuse(ErrorReason reason, string field, string message) =>
        Refuse(reason, [new ProblemRecord(field, message)]);

    private static SubmitReply Refuse(ErrorReason reason, ImmutableArray<ProblemRecord> problems) =>
        new(Created: false, Status: null, RefusalOf(reason, problems));

    private static Refusal RefusalOf(ErrorReason reason, ImmutableArray<ProblemRecord> problems) =>
        new(reason, InWords(problems), problems);

    private static bool TryReadOptions(byte[] json, out JobOptions options, out ImmutableArray<ProblemRecord> problems)
    {
        try
        {
            options = JsonSerializer.Deserialize<JobOptions>(json, OrleansWorkJson.Payloads) ?? new JobOptions();
            problems = [.. options.Validate().Select(problem => new ProblemRecord(problem.Field, problem.Message))];
        }
        catch (JsonException exception)
        {
            options = new JobOptions();
            problems = [new ProblemRecord("options", exception.Message)];
        }

        return problems.IsEmpty;
    }

    private static string InWords(ImmutableArray<ProblemRecord> problems)
    {
        string first = string.Join(' ', problems.Take(MaxProblemsInWords).Select(problem => problem.Message));
        return problems.Length <= MaxProblemsInWords ? first : $"{first} (and {problems.Length - MaxProblemsInWords} more)";
    }

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
