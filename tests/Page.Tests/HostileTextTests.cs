using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Whatever kinds, jobs and addresses say is text.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class HostileTextTests(Chromium browser, SharedCluster cluster)
{
    private const string Shown = "<img src=x onerror=";

    // What turns text around, hides a part of it, or moves it to another line.
    private const string Direction = "invoice\u202Egnp.exe\u2066\u0007\u001b[2J";

    [PageFact]
    public async Task Error_Markup_IsText()
    {
        JobHandle job = await EndedAsync(new { throws = true });
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.GetByLabel("Why it failed")).ToContainTextAsync(Shown);
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Failures", Exact = true })).ToContainTextAsync(Shown);
                await Expect(visit.Page.GetByLabel("Log lines")).ToContainTextAsync(Shown);
                await visit.GoAsync($"/jobs?text={Uri.EscapeDataString(TextWork.Attack)}");
                await Expect(visit.Page.Locator("table.jobs tbody tr").First).ToBeVisibleAsync();
                await visit.Page.Keyboard.PressAsync("/");
                await Expect(visit.Page.GetByRole(AriaRole.Combobox, new() { Name = "Search jobs" })).ToBeFocusedAsync();
                await visit.Page.Keyboard.TypeAsync(job.Id);
                await Expect(visit.Page.Locator("#search-list li")).ToHaveCountAsync(1);
                await AssertNothingRanAsync(visit);
            }
        );
    }

    [PageFact]
    public async Task Result_Markup_IsText()
    {
        JobHandle job = await EndedAsync(new { });
        JobHandle html = await cluster.SubmitAsync("html-work", new { });
        await SharedCluster.EndAsync(html);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true })).ToContainTextAsync(Shown);
                await visit.GoAsync($"/jobs/{html.Id}");
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true })).ToContainTextAsync(Shown);
                await visit.GoAsync($"/submit?from={job.Id}");
                await Expect(visit.Page.Locator("#form-title ~ .note")).ToContainTextAsync(Shown);
                await Expect(visit.Page.Locator("#f-input-text-hint")).ToContainTextAsync(Shown);
                await visit.GoAsync("/");
                await Expect(visit.Page.Locator(".overview-recent")).ToContainTextAsync("text-work");
                await AssertNothingRanAsync(visit);
            }
        );
    }

    [PageFact]
    public async Task Error_DirectionAndControlCharacters_AreWrittenOut()
    {
        JobHandle job = await EndedAsync(new { text = Direction, throws = true });
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                foreach (string place in new[] { "Why it failed", "Log lines" })
                    await Expect(visit.Page.GetByLabel(place)).ToContainTextAsync("invoice\\u202egnp.exe\\u2066");
                string all = await visit.Page.Locator("#app").InnerTextAsync();
                Assert.DoesNotContain(
                    all,
                    char_ => (char.IsControl(char_) && char_ is not ('\n' or '\t')) || char_ is '\u202e' or '\u2066'
                );
            }
        );
    }

    [PageFact]
    public async Task Error_OfAMegabyte_IsCut()
    {
        JobHandle job = await EndedAsync(
            new
            {
                text = "0123456789abcdef",
                times = 1 << 16,
                throws = true,
            }
        );
        JobHandle large = await EndedAsync(new { text = "0123456789abcdef", times = 1 << 16 });
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                ILocator error = visit.Page.GetByLabel("Why it failed");
                await Expect(error).ToContainTextAsync("0123456789abcdef");
                Assert.True((await error.InnerTextAsync()).Length < 1000);
                await visit.LooksRightAsync("job-long-error");
                await error.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
                Assert.True((await error.InnerTextAsync()).Length > 5000);
                await visit.GoAsync($"/jobs/{large.Id}");
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true })).ToContainTextAsync("KiB more");
            }
        );
    }

    [PageFact]
    public async Task Address_Markup_IsText() =>
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                visit.Provokes("answer 404|status of 404|answer 400|status of 400");
                string attack = Uri.EscapeDataString(TextWork.Attack);
                await visit.GoAsync($"/jobs/{attack}");
                await Expect(page.Locator("main")).ToContainTextAsync($"No job {Shown}");
                await visit.GoAsync($"/jobs?text={attack}x");
                await Expect(page.Locator(".nothing")).ToContainTextAsync($"No job matches “{Shown}");
                await visit.GoAsync($"/silos?text={attack}");
                await Expect(page.Locator(".nothing")).ToContainTextAsync($"No silo matches “{Shown}");
                await visit.GoAsync($"/{attack}");
                await Expect(visit.Title).ToHaveTextAsync("Not found");
                await visit.GoAsync($"/submit?kind={attack}");
                await Expect(visit.Title).ToHaveTextAsync("Submit a job");
                await AssertNothingRanAsync(visit);
            }
        );

    private async Task<JobHandle> EndedAsync(object input)
    {
        JobHandle job = await cluster.SubmitAsync("text-work", input);
        await SharedCluster.EndAsync(job);
        return job;
    }

    // A script that the policy stopped would be an error of the console.
    private static async Task AssertNothingRanAsync(Visit visit)
    {
        Assert.Equal(0, await visit.Page.Locator("img[src=x]").CountAsync());
        Assert.Equal(2, await visit.Page.Locator("script").CountAsync());
        Assert.False(await visit.Page.EvaluateAsync<bool>("() => 'attacked' in window"));
    }
}
