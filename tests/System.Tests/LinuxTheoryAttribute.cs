using System.Runtime.CompilerServices;

namespace OrleansWork.SystemTests;

/// <summary>A theory about processes that read /proc and get signals.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Looks for processes in /proc and sends signals: Linux only.";
    }
}
