using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>What views say when there is nothing, not yet, no longer or not for everybody something to show.</summary>
[SupportedOSPlatform("linux")]
public sealed class StateTests(Chromium browser, LoneSilo silo) : IClassFixture<LoneSilo>
{
    private const string Command = "orleanswork run primes --to 20000000";

    [PageFact]
    public async Task NoJobYet_SaysWhatToRun() =>
        await browser.VisitAsync(
            silo.At("operator"),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(page.Locator("#empty-title")).ToHaveTextAsync("The cluster is ready. No job has run yet.");
                await Expect(page.Locator(".empty code")).ToHaveTextAsync(Command);
                await page.Locator(".empty").GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();
                Assert.Equal(Command, await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
                await Expect(page.Locator(".empty")).ToContainTextAsync("or fill in a form · or write your own kind");
                await Expect(page.Locator(".kpis")).ToContainTextAsync("no job yet");
                await visit.LooksRightAsync("empty");
                await page.GetByRole(AriaRole.Link, new() { Name = "fill in a form" }).ClickAsync();
                await Expect(visit.Title).ToHaveTextAsync("Submit a job");
                await visit.GoAsync("/jobs");
                await Expect(page.Locator(".nothing")).ToHaveTextAsync("No job has run yet. Submit a job");
                await visit.LooksRightAsync("jobs-empty");
            }
        );

    [PageFact]
    public async Task AddressThatChangesInTheFirstMoment_IsFollowed() =>
        await browser.VisitAsync(
            silo.At("operator"),
            async visit => await Expect(visit.Title).ToHaveTextAsync("Silos"),
            before: visit =>
                visit.Page.AddInitScriptAsync(
                    """
                    const observer = new MutationObserver(() => {
                      if (document.getElementById("main")) {
                        observer.disconnect();
                        location.hash = "/silos";
                      }
                    });
                    observer.observe(document, { childList: true, subtree: true });
                    """
                )
        );

    [PageFact]
    public async Task FirstLoad_HasTheSizesOfWhatComes()
    {
        TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await browser.VisitAsync(
            silo.At("operator"),
            async visit =>
            {
                await Expect(visit.Connection).ToContainTextAsync("Connecting");
                await Expect(visit.Page.Locator(".skeleton").First).ToBeVisibleAsync();
                await visit.LooksRightAsync("loading");
                answered.SetResult();
                await Expect(visit.Connection).ToContainTextAsync("Live");
                await Expect(visit.Page.Locator(".skeleton")).ToHaveCountAsync(0);
            },
            before: visit =>
                visit.Page.RouteAsync(
                    "**/api/**",
                    async route =>
                    {
                        await answered.Task;
                        await route.ContinueAsync();
                    }
                )
        );
    }

    [PageFact]
    public async Task StorageAway_CountsDown_AndGoesOnByItself()
    {
        bool isAway = true;
        await browser.VisitAsync(
            silo.At("operator"),
            async visit =>
            {
                visit.Provokes("answer 503|status of 503");
                await Expect(visit.Connection).ToContainTextAsync("Live");
                await visit.GoAsync("/jobs");
                ILocator banner = visit.Page.Locator("main > .banner");
                await Expect(banner)
                    .ToHaveTextAsync(
                        new System.Text.RegularExpressions.Regex(
                            @"^\s*Storage does not answer\. Jobs in memory go on; submitting waits\. Trying again in \d+ s\.$"
                        )
                    );
                await visit.LooksRightAsync("storage-away");
                isAway = false;
                await Expect(banner).ToHaveCountAsync(0);
                await Expect(visit.Page.Locator(".nothing")).ToContainTextAsync("No job has run yet.");
            },
            before: visit =>
                visit.Page.RouteAsync(
                    "**/api/jobs?limit=50*",
                    route => isAway ? RefuseAsync(route, 503, "Job 7c41: storage does not answer: it timed out.") : route.ContinueAsync()
                )
        );
    }

    [PageFact]
    public async Task TooManyJobs_SaysTheLimit() =>
        await browser.VisitAsync(
            silo.At("operator", "/submit?kind=primes"),
            async visit =>
            {
                visit.Provokes("answer 429|status of 429");
                await visit.Page.Locator("form.form .primary").ClickAsync();
                await Expect(visit.Page.Locator("main > .banner"))
                    .ToHaveTextAsync(
                        new System.Text.RegularExpressions.Regex(@"^\s*100,000 jobs are open, the limit\. Try again in \d+ s\.$")
                    );
                await Expect(visit.Page.Locator("main > .banner")).ToHaveCountAsync(0);
            },
            before: visit =>
                visit.Page.RouteAsync(
                    "**/api/jobs",
                    route =>
                        RefuseAsync(
                            route,
                            429,
                            "100,000 jobs may be open at once (MaxOpenJobs), and job 7c41 would be one too many; submit it again when some have ended."
                        )
                )
        );

    [PageFact]
    public async Task Roles_SayWhatTheyMayNot()
    {
        using HttpComputeClient client = new(new HttpClusterAddress { Urls = [silo.At(null).Silo], Key = LoneSilo.KeyOf("submitter") });
        JobHandle job = await SharedCluster.SubmitAsync(client, "wait", new { units = 100_000, microseconds = 100_000 });
        await browser.VisitAsync(
            silo.At("viewer", "/silos"),
            async visit =>
            {
                ILocator drain = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" });
                await Expect(drain).ToHaveAttributeAsync("title", "needs the role operator");
                await Expect(drain).ToBeDisabledAsync();
                await visit.LooksRightAsync("silos-viewer");
                await visit.GoAsync("/submit?kind=primes");
                ILocator submit = visit.Page.Locator("form.form .primary");
                await Expect(submit).ToHaveAttributeAsync("title", "needs the role submitter");
                await Expect(submit).ToBeDisabledAsync();
                await submit.ClickAsync(new() { Force = true });
                await Expect(visit.Title).ToHaveTextAsync("Submit a job");
                await visit.GoAsync($"/jobs/{job.Id}");
                ILocator controls = visit.Page.GetByRole(AriaRole.Region, new() { Name = "Controls", Exact = true });
                await Expect(controls.GetByTitle("needs the role submitter")).ToHaveCountAsync(6);
                await Expect(controls.GetByRole(AriaRole.Radio, new() { Name = "random" })).ToBeDisabledAsync();
                await Expect(controls.GetByLabel("Priority")).ToBeDisabledAsync();
                await visit.LooksRightAsync("job-controls-viewer");
            }
        );
        await browser.VisitAsync(
            silo.At("submitter", "/silos"),
            async visit =>
            {
                await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToBeDisabledAsync();
                await visit.GoAsync("/submit?kind=primes");
                await Expect(visit.Page.Locator("form.form .primary")).ToBeEnabledAsync();
                await visit.GoAsync($"/jobs/{job.Id}");
                await Expect(visit.Page.GetByRole(AriaRole.Radio, new() { Name = "random" })).ToBeEnabledAsync();
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await SharedCluster.EndAsync(job);

        // Other tests see a silo on which no job has run.
        await job.ForgetAsync(TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task NoKey_IsAskedFor() =>
        await browser.VisitAsync(
            silo.At(role: null),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(visit.Title).ToHaveTextAsync("This cluster asks for a key");
                await visit.LooksRightAsync("key");
                visit.Provokes("answer 401|status of 401");
                await page.GetByLabel("Key").FillAsync("wrong");
                await page.GetByRole(AriaRole.Button, new() { Name = "Open" }).ClickAsync();
                await Expect(page.Locator("#key-hint")).ToHaveTextAsync("This cluster does not know the key");
                await page.GetByLabel("Key").FillAsync(LoneSilo.KeyOf("viewer"));
                await page.Keyboard.PressAsync("Enter");
                await Expect(visit.Title).ToHaveTextAsync("Overview");
                await Expect(visit.Connection).ToContainTextAsync("Live");

                // An address with a key, opened where the page is open without one.
                await page.EvaluateAsync("() => sessionStorage.clear()");
                await page.ReloadAsync();
                await Expect(visit.Title).ToHaveTextAsync("This cluster asks for a key");
                await page.GotoAsync(silo.At("operator").Address);
                await Expect(visit.Title).ToHaveTextAsync("Overview");
                Assert.Equal($"{silo.At(role: null).Silo}#/", page.Url);
            }
        );

    [PageFact]
    public async Task Unknown_IsSaidToBe() =>
        await browser.VisitAsync(
            silo.At("operator", "/jobs/7c41e09ab25d3f18"),
            async visit =>
            {
                visit.Provokes("answer 404|status of 404");
                await Expect(visit.Title).ToHaveTextAsync("No job 7c41e09a… here");
                await Expect(visit.Page.Locator("main")).ToContainTextAsync("It may have been forgotten.");
                await visit.LooksRightAsync("unknown-job");
                await visit.Page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "Jobs" }).ClickAsync();
                await Expect(visit.Title).ToHaveTextAsync("Jobs");
                await visit.GoAsync("/nowhere");
                await Expect(visit.Title).ToHaveTextAsync("Not found");
            }
        );

    private static Task RefuseAsync(IRoute route, int status, string detail) =>
        route.FulfillAsync(
            new()
            {
                Status = status,
                ContentType = "application/problem+json",
                Headers = new Dictionary<string, string> { ["Retry-After"] = "3", ["Content-Type"] = "application/problem+json" },
                Body = System.Text.Json.JsonSerializer.Serialize(new { status, detail }),
            }
        );
}
