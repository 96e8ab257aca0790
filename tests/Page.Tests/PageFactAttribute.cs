using System.Runtime.CompilerServices;
using OrleansWork.PageTests.Browsing;

namespace OrleansWork.PageTests;

/// <summary>A test in a browser: run with ORLEANSWORK_PAGE_TESTS=1 where Chromium is.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PageFactAttribute : FactAttribute
{
    public PageFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Chromium.SkipReason;
}
