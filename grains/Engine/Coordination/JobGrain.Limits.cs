using System.Collections.Immutable;
using System.Globalization;
using OrleansWork.Engine.Execution;
using OrleansWork.Protocol;

namespace OrleansWork.Engine.Coordination;

/// <content>What is refused at the door because of its size.</content>
internal sealed partial class JobGrain
{
    private const int MaxKindChars = 128;
    private const int MaxOptionsBytes = 64 * 1024;
    private const int MaxProblemsInWords = 5;

    private SubmitReply? TooLarge(SubmitRequest request)
    {
        int most = services.Options.Value.MaxPayloadBytes;
        if (request.InputJson.Length > most)
            return Refuse(ErrorReason.WrongInput, "input", new PayloadTooLargeException("input", request.InputJson.Length, most).Message);
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

    private string TooManyJobs() =>
        $"{Text(Limits.MaxOpenJobs)} jobs may be open at once (MaxOpenJobs), and job {JobId} would be one too many; submit it again when some have ended.";

    private Task<long> CountAsync(KindRuntime kind, byte[] input) =>
        services.UserCode.RunAsync("CountUnits", () => UnitCount.Checked(kind.CountUnits(input), Limits.MaxUnits), CancellationToken.None);

    private static string InWords(ImmutableArray<ProblemRecord> problems)
    {
        string first = string.Join(' ', problems.Take(MaxProblemsInWords).Select(problem => problem.Message));
        return problems.Length <= MaxProblemsInWords ? first : $"{first} (and {problems.Length - MaxProblemsInWords} more)";
    }

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
