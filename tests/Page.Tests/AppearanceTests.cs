using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Every view with data from a real cluster, dark and light, wide and narrow: no rule of accessibility is broken, nothing leaves the window.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class AppearanceTests(Chromium browser, SharedCluster cluster)
{
    private static readonly object s_long = new
    {
        units = 1_000_000,
        microseconds = 10_000,
        mode = "sleep",
    };

    [PageFact]
    public async Task Overview_Busy()
    {
        JobHandle running = await cluster.SubmitAsync("synthetic", s_long);
        JobHandle paused = await cluster.SubmitAsync("wait", new { units = 1_000_000, microseconds = 50_000 });
        await paused.PauseAsync(TestContext.Current.CancellationToken);
        await SharedCluster.EndAsync(await cluster.SubmitAsync("primes", new { to = 2_000_000 }));
        await SharedCluster.EndAsync(await cluster.SubmitAsync("synthetic", new { units = 20, failUnits = new[] { 7 } }));
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(page.Locator(".run")).ToHaveCountAsync(2);
                await Expect(page.Locator(".chart svg .area")).ToHaveCountAsync(2);
                await Expect(page.Locator(".silo-list .square.busy").First).ToBeVisibleAsync();
                await visit.LooksRightAsync("overview", Look.All);

                foreach (string chart in new[] { "Units per second", "Slots in use" })
                {
                    await page.GetByRole(AriaRole.Button, new() { Name = $"{chart} as table" }).ClickAsync();
                    await Expect(page.GetByRole(AriaRole.Region, new() { Name = $"{chart}, table" }).Locator("tbody tr").First)
                        .ToBeVisibleAsync();
                }

                await visit.LooksRightAsync("overview-tables");
                await page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active, ReducedMotion = ReducedMotion.Reduce });
                await Pictures.TakeAsync(page, "overview-forced-colours");
                Assert.Equal(
                    "0s",
                    await page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('.part')).transitionDuration")
                );
            }
        );
        await running.CancelAsync("done with", TestContext.Current.CancellationToken);
        await paused.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task Job_Running()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", s_long);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.Locator(".standing .eta")).ToBeVisibleAsync();
                await Expect(visit.Page.Locator("table.percentiles tbody tr")).ToHaveCountAsync(2);
                await visit.LooksRightAsync("job-running", Look.All);
                await visit.Page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active });
                await Pictures.TakeAsync(visit.Page, "job-forced-colours");
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task Job_BesideAnother_ShowsWhoElseHasItsSlots()
    {
        JobHandle other = await cluster.SubmitAsync("synthetic", s_long);
        JobHandle job = await cluster.SubmitAsync("synthetic", s_long);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.Locator(".stream-others")).ToHaveTextAsync("other jobs");
                await visit.LooksRightAsync("job-beside-another");
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await other.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task Job_Failed()
    {
        JobHandle job = await cluster.SubmitAsync(
            "synthetic",
            new
            {
                units = 1000,
                microseconds = 2000,
                failUnits = new[] { 471 },
            }
        );
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.State).ToHaveTextAsync("failed");
                await Expect(visit.Page.Locator("#log")).ToBeVisibleAsync();
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Show stack" }).ClickAsync();
                await visit.LooksRightAsync("job-failed");
            }
        );
    }

    [PageFact]
    public async Task Job_Skipped()
    {
        JobHandle job = await cluster.SubmitAsync(
            "synthetic",
            new
            {
                units = 1000,
                microseconds = 1000,
                failUnits = new[] { 3, 4, 5 },
            },
            new JobOptions { OnUnitFailure = OnUnitFailure.Skip }
        );
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.State).ToHaveTextAsync("succeeded");
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true })).ToContainTextAsync("checksum");
                await Expect(visit.Page.Locator(".same code")).ToContainTextAsync("--on-unit-failure skip");
                await visit.LooksRightAsync("job-skipped");
            }
        );
    }

    [PageFact]
    public async Task Job_WithAPicture()
    {
        JobHandle job = await cluster.SubmitAsync("mandelbrot", new { width = 600, height = 400 });
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.GetByAltText("Result of mandelbrot")).ToBeVisibleAsync();
                await visit.LooksRightAsync("job-picture");
                IDownload download = await visit.Page.RunAndWaitForDownloadAsync(() =>
                    visit.Page.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync()
                );
                Assert.Equal($"mandelbrot-{job.Id}.png", download.SuggestedFilename);
                await using Stream picture = await download.CreateReadStreamAsync();
                byte[] head = new byte[4];
                await picture.ReadExactlyAsync(head, TestContext.Current.CancellationToken);
                Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], head);
            }
        );
    }

    [PageFact]
    public async Task Job_Queued_SaysWhy()
    {
        JobHandle job = await cluster.SubmitAsync("primes", new { to = 1000 }, new JobOptions { Require = ["gpu"] });
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.Locator(".standing")).ToContainTextAsync("gpu");
                await visit.LooksRightAsync("job-waiting");
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task Jobs()
    {
        await SharedCluster.EndAsync(await cluster.SubmitAsync("primes", new { to = 1000 }));
        await browser.VisitAsync(
            cluster.At("/jobs"),
            async visit =>
            {
                await Expect(visit.Page.Locator("table.jobs tbody tr").First).ToBeVisibleAsync();
                await visit.LooksRightAsync("jobs", Look.All);
            }
        );
    }

    [PageFact]
    public async Task Silos() =>
        await browser.VisitAsync(
            cluster.At("/silos"),
            async visit =>
            {
                await Expect(visit.Page.Locator("table.silos tbody tr")).ToHaveCountAsync(2);
                await visit.LooksRightAsync("silos", Look.All);
            }
        );

    [PageFact]
    public async Task Submit() =>
        await browser.VisitAsync(
            cluster.At("/submit?kind=mandelbrot"),
            async visit =>
            {
                await Expect(visit.Page.Locator("#f-input-width")).ToBeVisibleAsync();
                await visit.LooksRightAsync("submit", Look.All);
                await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "JSON" }).CheckAsync();
                await visit.LooksRightAsync("submit-json");
            }
        );
}
