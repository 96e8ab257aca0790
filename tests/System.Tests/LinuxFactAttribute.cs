using System.Runtime.CompilerServices;

namespace OrleansWork.SystemTests;

/// <summary>A test that reads /proc and sends signals.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = "Looks for processes in /proc and sends signals: Linux only.";
    }
}
