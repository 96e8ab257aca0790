using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using OrleansWork.SystemTests.Processes;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>What somebody sees who has just built OrleansWork.</summary>
[SupportedOSPlatform("linux")]
[CollectionDefinition(nameof(MinuteTests), DisableParallelization = true)]
[Collection(nameof(MinuteTests))]
public sealed class MinuteTests(Chromium browser, ITestOutputHelper output)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [PageFact]
    public async Task Up_Page_Run_WithinAMinute_TheJobIsOnTheScreen()
    {
        long started = Stopwatch.GetTimestamp();
        await using LocalCluster local = await LocalCluster.UpAsync(3);
        await Eventually.TrueAsync(() => PageAddress(local) is not null, () => local.Console.Error);
        Uri page = PageAddress(local)!;
        await browser.VisitAsync(
            new Place(new Uri(page.GetLeftPart(UriPartial.Path)), page.Fragment["#key=".Length..]),
            async visit =>
            {
                await Expect(visit.Page.Locator("#empty-title")).ToHaveTextAsync("The cluster is ready. No job has run yet.");
                await Pictures.TakeAsync(visit.Page, "minute-ready");
                await using RunningProgram run = RunningProgram.Start(
                    Programs.Console,
                    ["run", "primes", "--to", "50000000000", "--detach", "--data", local.Directory]
                );
                await Expect(visit.Page.Locator(".run")).ToContainTextAsync("primes");
                await Expect(visit.Page.Locator(".run-share")).Not.ToHaveTextAsync(new Regex("^(–|0 %)$"));
                TimeSpan took = Stopwatch.GetElapsedTime(started);
                await Pictures.TakeAsync(visit.Page, "minute-running");
                output.WriteLine($"The job was on the screen after {took.TotalSeconds:0.0} s.");
                Assert.True(took < s_minute, $"It took {took}");
                Assert.Equal(0, await run.ExitCodeAsync());
                await Expect(visit.Page.Locator(".silo-list .square.busy").First).ToBeVisibleAsync();
            }
        );
    }

    private static Uri? PageAddress(LocalCluster local) =>
        Regex.Match(local.Console.Output + local.Console.Error, @"http://127\.0\.0\.1:\d+/#key=[\w-]+") is { Success: true } found
            ? new Uri(found.Value)
            : null;
}
