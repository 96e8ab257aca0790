using System.Runtime.CompilerServices;

namespace OrleansWork.SystemTests;

/// <summary>A test that takes long: run with ORLEANSWORK_SLOW_TESTS=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlowFactAttribute : FactAttribute
{
    public SlowFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Looks for processes in /proc and sends signals: Linux only.";
        else if (Environment.GetEnvironmentVariable("ORLEANSWORK_SLOW_TESTS") != "1")
            Skip = "Takes minutes: set ORLEANSWORK_SLOW_TESTS=1 to run it.";
    }
}
