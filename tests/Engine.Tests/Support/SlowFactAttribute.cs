using System.Runtime.CompilerServices;
using Xunit;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>A test that takes long: run with ORLEANSWORK_SLOW_TESTS=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlowFactAttribute : FactAttribute
{
    public SlowFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_SLOW_TESTS") != "1")
            Skip = "Takes long: set ORLEANSWORK_SLOW_TESTS=1 to run it.";
    }
}
