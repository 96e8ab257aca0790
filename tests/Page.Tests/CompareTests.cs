using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Two jobs are put beside each other, and how one ran is kept as a file.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class CompareTests(Chromium browser, SharedCluster cluster)
{
    private readonly string _run = $"{Guid.NewGuid():N}"[..8];

    [PageFact]
    public async Task Compare_TwoJobsOfOneInput_SaysWhatDiffers()
    {
        (string a, string b) = await RunTwoAsync();
        await browser.VisitAsync(
            cluster.At($"/compare?a={a}&b={b}"),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(page.Locator(".compare-title .tag").First).ToHaveTextAsync("same input, 300 units");
                await Expect(page.Locator(".compare-title .tag").Nth(1)).ToHaveTextAsync("same result bits");
                await Expect(page.Locator(".compare-card").Nth(1)).ToContainTextAsync("round-robin");
                await Expect(page.Locator("canvas.stream-canvas")).ToHaveCountAsync(2);
                await Expect(page.Locator("table.measures tbody tr")).ToHaveCountAsync(8);
                await Expect(page.Locator("table.measures tbody tr").First.Locator("td").Nth(1)).ToHaveTextAsync(Took());
                await Expect(page.Locator("main > .view > .banner")).ToHaveTextAsync(Verdict());
                await Expect(page.Locator(".mirrored li")).ToHaveCountAsync(2);
                await visit.LooksRightAsync("compare");

                await page.GetByRole(AriaRole.Button, new() { Name = "Swap A and B" }).ClickAsync();
                await Expect(page.Locator(".compare-card").First).ToContainTextAsync("round-robin");
                await page.GetByRole(AriaRole.Button, new() { Name = "As table" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Busy share of slots by silo" }).Locator("tbody tr"))
                    .ToHaveCountAsync(2);
            }
        );
    }

    [PageFact]
    public async Task Compare_MarkedInAList_AndWithoutASecond()
    {
        (string a, string b) = await RunTwoAsync();
        await browser.VisitAsync(
            cluster.At($"/jobs?text={_run}"),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(page.Locator("table.jobs tbody a")).ToHaveCountAsync(2);
                await page.Keyboard.PressAsync("j");
                await page.Keyboard.PressAsync("x");
                await Expect(page.Locator("tr.marked")).ToHaveCountAsync(1);
                await page.Keyboard.PressAsync("j");
                await page.Keyboard.PressAsync("x");
                await Expect(page.Locator(".compare-card")).ToHaveCountAsync(2);

                await visit.GoAsync($"/jobs/{a}");
                await page.Locator(".actions").GetByText("Compare").ClickAsync();
                await Expect(page.GetByLabel("Job A")).ToHaveValueAsync(a);
                await visit.LooksRightAsync("compare-one");
                await page.Locator(".offer").Filter(new() { HasText = b }).ClickAsync();
                await Expect(page.Locator(".compare-card")).ToHaveCountAsync(2);

                visit.Provokes("answer 404|status of 404");
                await visit.GoAsync($"/compare?a={a}&b=nobody-{_run}");
                await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync($"No job nobody-{_run} here.");
            }
        );
    }

    [PageFact]
    public async Task Report_SavedByItsKey_OpensFromTheFileAndAsksNobody()
    {
        (string a, _) = await RunTwoAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ow-report-");
        try
        {
            string file = Path.Combine(folder.FullName, "report.html");
            await browser.VisitAsync(
                cluster.At($"/jobs/{a}"),
                async visit =>
                {
                    await Expect(visit.State).ToHaveTextAsync("succeeded");
                    IDownload download = await visit.Page.RunAndWaitForDownloadAsync(() => visit.Page.Keyboard.PressAsync("r"));
                    Assert.Equal($"synthetic-{a}.html", download.SuggestedFilename);
                    await download.SaveAsAsync(file);
                }
            );
            await browser.VisitAsync(
                new Place(new Uri(file), Key: null),
                async visit =>
                {
                    await Expect(visit.Title).ToHaveTextAsync("synthetic");
                    await Expect(visit.Page.Locator(".title-line .id")).ToHaveTextAsync(a);
                    await Expect(visit.Page.Locator("canvas.stream-canvas")).ToHaveCountAsync(1);
                    await Expect(visit.Page.Locator("table.percentiles tbody tr")).ToHaveCountAsync(2);
                    await Expect(visit.Page.GetByLabel("Command")).ToContainTextAsync("orleanswork run synthetic");
                    Assert.Equal(
                        0,
                        await visit.Page.EvaluateAsync<int>(
                            "() => performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length"
                        )
                    );
                    await visit.LooksRightAsync("report");
                }
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<(string A, string B)> RunTwoAsync()
    {
        foreach (
            (string name, PlacementPolicy placement) in ((string, PlacementPolicy)[])
                [("a", PlacementPolicy.Adaptive), ("b", PlacementPolicy.RoundRobin)]
        )
        {
            await SharedCluster.EndAsync(
                await cluster.SubmitAsync(
                    "synthetic",
                    new { units = 300, microseconds = 2000 },
                    new JobOptions { Placement = placement },
                    $"{_run}-{name}"
                )
            );
        }

        return ($"{_run}-a", $"{_run}-b");
    }

    private static Regex Took() => new(@"^[\d.]+ m?s$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static Regex Verdict() => new("ended .* sooner|Both took", RegexOptions.None, TimeSpan.FromSeconds(1));
}
