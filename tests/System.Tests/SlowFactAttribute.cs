using System.Runtime.CompilerServices;
using Xunit.v3;

namespace OrleansWork.SystemTests;

/// <summary>A test that takes long: run with ORLEANSWORK_SLOW_TESTS=1. Its trait, speed=slow, chooses such tests alone.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlowFactAttribute : FactAttribute, ITraitAttribute
{
    public SlowFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Looks for processes in /proc and sends signals: Linux only.";
        else if (Environment.GetEnvironmentVariable("ORLEANSWORK_SLOW_TESTS") != "1")
            Skip = "Takes minutes: set ORLEANSWORK_SLOW_TESTS=1 to run it.";
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("speed", "slow")];
}
