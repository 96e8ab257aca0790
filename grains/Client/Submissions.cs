using System.Security.Cryptography;
using System.Text.Json;
using OrleansWork.Protocol;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>What holds for a submission by any road, before it is sent.</summary>
internal static class Submissions
{
    /// <summary>How many processes may end under a submission before it is not sent again.</summary>
    public const int SilosOneMayLose = 4;

    // Above Orleans' own limit of 100 MiB a message breaks the connection for everybody: it is not even sent.
    private const int MaxInputBytes = 64 << 20;

    /// <summary>Makes an id of 16 lower-case hexadecimal digits.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Writes an input as JSON.</summary>
    /// <exception cref="RequestRefusedException">JSON would not bring the same value back.</exception>
    public static byte[] InputOf<TInput>(TInput input)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(input, OrleansWorkJson.Payloads);
        return json.Length <= MaxInputBytes && InputCrossing.Problem(input, json) is { } lost
            ? throw new RequestRefusedException(ErrorReason.WrongInput, lost.Message, [lost])
            : json;
    }

    /// <summary>Refuses options that are out of range, and inputs that no cluster takes.</summary>
    /// <exception cref="RequestRefusedException">They are.</exception>
    public static void Check(JobOptions options, ReadOnlyMemory<byte> inputJson)
    {
        Refuse([.. options.Validate()]);
        if (inputJson.Length > MaxInputBytes)
        {
            string message =
                $"The input has {inputJson.Length / (1 << 20)} MiB; no cluster takes more than {MaxInputBytes / (1 << 20)} MiB, and by default 16. Put the data where the silos can read it, and say where.";
            throw new RequestRefusedException(ErrorReason.WrongInput, message, [new InputProblem("input", message)]);
        }
    }

    /// <summary>Refuses a change to options that are out of range.</summary>
    /// <exception cref="RequestRefusedException">They are.</exception>
    public static void Check(JobOptionsChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Refuse([.. change.Validate()]);
    }

    /// <summary>Refuses what cannot be the id of a job.</summary>
    /// <exception cref="RequestRefusedException">It cannot.</exception>
    public static void CheckId(string id)
    {
        if (Keys.IsJobId(id))
            return;
        string message = $"'{id}' is not a job id; {Keys.JobIdRule}";
        throw new RequestRefusedException(ErrorReason.WrongInput, message, [new InputProblem("id", message)]);
    }

    /// <summary>Says that a submission seems to end the processes that take it.</summary>
    public static RequestRefusedException EndsProcesses(string id, string kind) =>
        new(
            ErrorReason.Refused,
            $"{SilosOneMayLose} silos ended while they took the submission of job {id}; it is not sent again. Validate or CountUnits of kind {kind} may end the process: the logs of the silos that ended say more."
        );

    private static void Refuse(InputProblem[] problems)
    {
        if (problems.Length > 0)
            throw new RequestRefusedException(
                ErrorReason.WrongInput,
                string.Join(' ', problems.Select(problem => problem.Message)),
                problems
            );
    }
}
