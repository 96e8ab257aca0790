using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Jobs are listed, filtered and found.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class ListTests(Chromium browser, SharedCluster cluster)
{
    private const int Many = 200;

    private readonly string _run = $"{Guid.NewGuid():N}"[..8];

    [PageFact]
    public async Task Jobs_TwoHundred_AreListedInPages()
    {
        await Parallel.ForAsync(
            0,
            Many,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) => await cluster.SubmitAsync("synthetic", new { units = 1, microseconds = 0 }, id: $"many-{_run}-{i:000}")
        );
        await browser.VisitAsync(
            cluster.At($"/jobs?text=many-{_run}"),
            async visit =>
            {
                ILocator rows = visit.Page.Locator("table.jobs tbody tr");
                await Expect(rows).ToHaveCountAsync(50);
                await Expect(visit.Page.Locator(".panel-foot")).ToContainTextAsync("Showing the last 50");
                for (int shown = 100; shown <= Many; shown += 50)
                {
                    await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
                    await Expect(rows).ToHaveCountAsync(shown);
                }

                await Expect(visit.Page.Locator(".panel-foot")).ToHaveTextAsync("Showing the last 200 of 200 jobs");
                IReadOnlyList<string> names = await rows.Locator("a").AllTextContentsAsync();
                Assert.Equal(Many, names.Distinct().Count());
                await Expect(rows.Locator(".chip.succeeded")).ToHaveCountAsync(Many);
                await visit.SeeAsync(Look.Phone);
                await Expect(visit.Page.Locator("li.row-2")).ToHaveCountAsync(Many);
            }
        );

        // The overview hears of the newest jobs alone; the others are not left behind as running.
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Running" })).ToContainTextAsync("No job runs.");
                await Expect(visit.Page.Locator(".overview-recent .panel-foot")).ToContainTextAsync("Showing the last 10");
            }
        );
    }

    [PageFact]
    public async Task Jobs_Filters_StandInTheAddress()
    {
        JobHandle failing = await cluster.SubmitAsync("synthetic", new { units = 1, failUnits = new[] { 0 } }, id: $"filter-{_run}-a");
        await SharedCluster.EndAsync(failing);
        await SharedCluster.EndAsync(await cluster.SubmitAsync("primes", new { to = 1000 }, id: $"filter-{_run}-b"));
        await browser.VisitAsync(
            cluster.At("/jobs"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator rows = page.Locator("table.jobs tbody tr");
                ILocator text = page.GetByPlaceholder("Kind, id or error text");
                await text.FillAsync($"filter-{_run}");
                await Expect(rows).ToHaveCountAsync(2);
                await Expect(page).ToHaveURLAsync($"{cluster.At().Silo}#/jobs?text=filter-{_run}");
                await page.GetByRole(AriaRole.Radio, new() { Name = "Failed" }).CheckAsync();
                await Expect(rows).ToHaveCountAsync(1);
                await Expect(rows).ToContainTextAsync("InvalidOperationException in unit 0");
                await page.ReloadAsync();
                await Expect(rows).ToHaveCountAsync(1);
                await Expect(text).ToHaveValueAsync($"filter-{_run}");
                await page.GetByRole(AriaRole.Radio, new() { Name = "Any state" }).CheckAsync();
                await page.Locator(".filters select").First.SelectOptionAsync("primes");
                await Expect(rows).ToHaveCountAsync(1);
                await Expect(rows).ToContainTextAsync("succeeded");
                await page.Locator(".filters select").Last.SelectOptionAsync("Last hour");
                await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("time=1h"));
                await Expect(rows).ToHaveCountAsync(1);
                await Expect(page.Locator(".panel-foot")).ToHaveTextAsync("Showing the last 1 of 1 job");

                // Seen from tomorrow, all of them are old.
                await page.EvaluateAsync("() => { const now = Date.now; Date.now = () => now() + 86_400_000; }");
                await text.FillAsync($"filter-{_run}-");
                await Expect(page.Locator(".nothing")).ToContainTextAsync($"No job matches “filter-{_run}-”.");
                await page.GetByRole(AriaRole.Button, new() { Name = "Clear the filter" }).ClickAsync();
                await Expect(rows.First).ToBeVisibleAsync();
                await Expect(page).ToHaveURLAsync($"{cluster.At().Silo}#/jobs");
            }
        );
    }

    [PageFact]
    public async Task Recent_WithoutHits_SaysSo()
    {
        await SharedCluster.EndAsync(await cluster.SubmitAsync("primes", new { to = 1000 }));
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                ILocator recent = visit.Page.Locator(".overview-recent");
                await recent.GetByPlaceholder("Kind, id or error text").FillAsync("risk 119");
                await Expect(recent.Locator(".nothing")).ToContainTextAsync("No job matches “risk 119”.");
                await recent.GetByRole(AriaRole.Button, new() { Name = "Clear the filter" }).ClickAsync();
                await Expect(recent.Locator("tbody tr").First).ToBeVisibleAsync();
            }
        );
    }

    [PageFact]
    public async Task Search_FindsJobsUnitsAndSilos()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", new { units = 9, failUnits = new[] { 5 } }, id: $"search-{_run}");
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator results = page.GetByRole(AriaRole.Listbox, new() { Name = "Search results" }).GetByRole(AriaRole.Option);
                await SearchAsync($"search-{_run}");
                await Expect(results).ToHaveCountAsync(1);
                await Expect(results).ToContainTextAsync("failed: InvalidOperationException in unit 5");
                await visit.LooksRightAsync("search");
                await page.Keyboard.PressAsync("Enter");
                await Expect(visit.Title).ToHaveTextAsync("synthetic");
                await Expect(visit.State).ToHaveTextAsync("failed");

                await SearchAsync("5");
                await Expect(results.First).ToContainTextAsync("Unit 5");
                await page.Keyboard.PressAsync("Enter");
                await Expect(page).ToHaveURLAsync($"{cluster.At().Silo}#/jobs/search-{_run}?unit=5");
                await Expect(page.Locator("#log ~ .note")).ToContainTextAsync("of unit 5");

                await SearchAsync(cluster.File.Silos[1].Silo!.Split('@')[0]);
                await Expect(results.Last).ToContainTextAsync("active");
                await results.Last.ClickAsync();
                await Expect(visit.Title).ToHaveTextAsync("Silos");
                await Expect(page.Locator("table.silos tbody tr")).ToHaveCountAsync(1);

                await SearchAsync("nothing-has-this-name");
                await Expect(page.Locator(".results")).ToContainTextAsync("No job matches “nothing-has-this-name”.");
                await page.Keyboard.PressAsync("Escape");
                await Expect(page.Locator(".results")).ToBeHiddenAsync();

                async Task SearchAsync(string text)
                {
                    await page.Keyboard.PressAsync("/");
                    await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Search jobs" })).ToBeFocusedAsync();
                    await page.Keyboard.TypeAsync(text);
                }
            }
        );
    }
}
