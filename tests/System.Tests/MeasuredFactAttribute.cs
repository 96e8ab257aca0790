using System.Runtime.CompilerServices;
using Xunit.v3;

namespace OrleansWork.SystemTests;

/// <summary>A test that measures times on a machine where nothing else runs: <c>ORLEANSWORK_MEASURED_TESTS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MeasuredFactAttribute : FactAttribute, ITraitAttribute
{
    public MeasuredFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Reads /proc: Linux only.";
        else if (Environment.GetEnvironmentVariable("ORLEANSWORK_MEASURED_TESTS") != "1")
            Skip = "Measures times: set ORLEANSWORK_MEASURED_TESTS=1 to run it, with nothing beside it.";
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("speed", "measured")];
}
