using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Jobs are submitted, watched and controlled.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class ControlTests(Chromium browser, SharedCluster cluster)
{
    private static readonly object s_long = new
    {
        units = 1_000_000,
        microseconds = 10_000,
        mode = "sleep",
    };

    [PageFact]
    public async Task Submit_ByTheForm_IsWatchedToItsEnd() =>
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                await page.GetByRole(AriaRole.Link, new() { Name = "Submit job" }).ClickAsync();
                await page.GetByRole(AriaRole.Link, new() { Name = "synthetic" }).ClickAsync();
                await page.Locator("#f-input-units").FillAsync("1,200");
                await page.Locator("#f-input-microseconds").FillAsync("15000");
                await page.GetByRole(AriaRole.Radio, new() { Name = "sleep" }).CheckAsync();
                await Expect(page.GetByLabel("Command"))
                    .ToHaveTextAsync(new Regex("--units 1200 .*--microseconds 15000 .*--mode sleep", RegexOptions.Singleline));
                ILocator will = page.GetByRole(AriaRole.Region, new() { Name = "What will run" });
                await Expect(will).ToContainTextAsync(new Regex(@"Units\s*1,200\s*Starts\s*at once"));
                await Expect(will).ToContainTextAsync(new Regex(@"Silos that take it\s*\d+ of \d+, \d+ slots"));
                await page.Locator("form.form .primary").ClickAsync();

                await Expect(visit.Title).ToHaveTextAsync("synthetic");
                await Expect(visit.State).ToHaveTextAsync("running");
                ILocator bar = page.GetByRole(AriaRole.Progressbar);
                HashSet<int> seen = [];
                await SystemTests.Processes.Eventually.NotNullAsync(async () =>
                {
                    int share = int.Parse(await bar.GetAttributeAsync("aria-valuenow") ?? "0", CultureInfo.InvariantCulture);
                    seen.Add(share);
                    return share == 100 ? "whole" : null;
                });
                Assert.True(seen.Count > 3, $"The shares seen were {string.Join(", ", seen)}");
                await Expect(visit.State).ToHaveTextAsync("succeeded");
                await Expect(page.Locator(".standing .share")).ToHaveTextAsync("100 %");
                await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true }))
                    .ToContainTextAsync("\"checksum\": 719400");
                await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Progress", Exact = true }).Locator(".legend"))
                    .ToContainTextAsync("committed 1,200");
            }
        );

    [PageFact]
    public async Task Submit_WrongInput_IsSaidAtItsFields() =>
        await browser.VisitAsync(
            cluster.At("/submit?kind=primes"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator to = page.Locator("#f-input-to");
                await to.FillAsync("many");
                await to.BlurAsync();
                await Expect(page.Locator("#f-input-to-hint")).ToHaveTextAsync("is “many”; a whole number is needed");
                await Expect(to).ToHaveAttributeAsync("aria-invalid", "true");
                ILocator submit = page.Locator("form.form .primary");
                await submit.ClickAsync();
                ILocator summary = page.Locator("form.form .banner");
                await Expect(summary).ToHaveTextAsync("1 field needs a change: to");
                await Expect(summary).ToBeFocusedAsync();

                visit.Provokes("answer 400: POST|status of 400");
                await page.Locator("#f-input-from").FillAsync("100");
                await to.FillAsync("5");
                await to.BlurAsync();
                await Expect(page.Locator("#f-input-to-hint")).ToHaveTextAsync("to is 5; it must be at least from, which is 100.");
                await Expect(page.Locator(".side .facts-list")).ToContainTextAsync("known when the fields are right");
                await submit.ClickAsync();
                await Expect(page.Locator("#f-input-to-hint")).ToHaveTextAsync("to is 5; it must be at least from, which is 100.");
                await Expect(summary).ToBeFocusedAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "All 14 options" }).ClickAsync();
                await page.Locator("#f-options-priority").FillAsync("12");
                await to.FillAsync("500");
                await submit.ClickAsync();
                await Expect(page.Locator("#f-options-priority-hint")).ToContainTextAsync("12");
                await Expect(page.Locator("#f-input-to-hint")).ToContainTextAsync("the last number looked at");
                await visit.LooksRightAsync("submit-errors");
                await summary.GetByRole(AriaRole.Link).ClickAsync();
                await Expect(page.Locator("#f-options-priority")).ToBeFocusedAsync();
                await page.Locator("#f-options-priority").FillAsync("9");
                await page.Keyboard.PressAsync("Control+Enter");
                await Expect(visit.State).ToHaveTextAsync("succeeded");
            }
        );

    [PageFact]
    public async Task Cancel_AsksFirst_AndShowsTheReason()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", s_long);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator cancel = page.Locator(".actions").GetByRole(AriaRole.Button, new() { Name = "Cancel job" });
                await cancel.ClickAsync();
                ILocator dialog = page.GetByRole(AriaRole.Dialog);
                await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Keep running" })).ToBeFocusedAsync();
                await Expect(dialog).ToContainTextAsync("A canceled job cannot be resumed and has no result. Pause keeps them.");
                await visit.LooksRightAsync("dialog-cancel");
                await page.Keyboard.PressAsync("Escape");
                await Expect(dialog).ToHaveCountAsync(0);
                await Expect(cancel).ToBeFocusedAsync();

                await cancel.ClickAsync();
                await dialog.GetByLabel("Reason").FillAsync("wrong portfolio");
                await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel job" }).ClickAsync();
                await Expect(visit.State).ToHaveTextAsync("canceled");
                await Expect(page.Locator("main .banner.warn")).ToContainTextAsync("wrong portfolio");
                await Expect(page.Locator(".standing")).ToContainTextAsync("was done");
            }
        );
    }

    [PageFact]
    public async Task Pause_AndResume_ByTheKey()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", s_long);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.State).ToHaveTextAsync("running");
                await visit.Page.Keyboard.PressAsync("p");
                await Expect(visit.State).ToHaveTextAsync("paused");
                await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Resume" })).ToBeEnabledAsync();
                await visit.Page.Keyboard.PressAsync("p");
                await Expect(visit.State).ToHaveTextAsync("running");
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [PageFact]
    public async Task Controls_ChangeWhatRuns_AndSayWhereTheServerRefuses()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", s_long, new JobOptions { ChunkTime = TimeSpan.FromMilliseconds(20) });
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator controls = page.GetByRole(AriaRole.Region, new() { Name = "Controls", Exact = true });
                await Expect(controls).ToContainTextAsync("Changes apply to leases granted from then on");
                await Expect(controls.GetByRole(AriaRole.Radio, new() { Name = "20ms" })).ToBeCheckedAsync();
                await visit.LooksRightAsync("job-controls");

                await ChooseAsync("Placement", "round-robin");
                await ChooseAsync("Execution", "spawned");
                await ChooseAsync("Lease time", "250ms");
                await controls.GetByLabel("Priority").SelectOptionAsync("9");
                await controls.GetByRole(AriaRole.Switch, new() { Name = "Speculation" }).ClickAsync();
                await EnterAsync("Most leases in flight", "3");
                await IsAsync(options =>
                    options
                        is {
                            Placement: PlacementPolicy.RoundRobin,
                            Execution: ExecutionMode.Spawned,
                            ChunkTime.TotalMilliseconds: 250,
                            ChunkUnits: null,
                            Priority: 9,
                            Speculation: false,
                            MaxParallel: 3
                        }
                );

                await ChooseAsync("Lease time", "fixed units");
                visit.Provokes("answer 400: PATCH|status of 400");
                await EnterAsync("Units per lease", "0");
                await Expect(controls.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Not changed: chunkUnits is 0; it must be at least 1.");
                await visit.LooksRightAsync("job-controls-error");
                await EnterAsync("Units per lease", "1,200");
                await EnterAsync("Most leases in flight", "");
                await IsAsync(options => options is { ChunkUnits: 1_200, MaxParallel: null });
                await Expect(controls.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);

                // What others change is seen.
                await job.ChangeOptionsAsync(
                    new JobOptionsChange { Placement = PlacementPolicy.Random, ChunkUnits = null },
                    TestContext.Current.CancellationToken
                );
                await Expect(controls.GetByRole(AriaRole.Radio, new() { Name = "random" })).ToBeCheckedAsync();

                Task ChooseAsync(string group, string choice) =>
                    controls
                        .GetByRole(AriaRole.Radiogroup, new() { Name = group })
                        .GetByRole(AriaRole.Radio, new() { Name = choice, Exact = true })
                        .ClickAsync();

                async Task EnterAsync(string label, string text)
                {
                    ILocator box = controls.GetByLabel(label, new() { Exact = true });
                    await box.FillAsync(text);
                    await box.PressAsync("Enter");
                }
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);

        Task IsAsync(Func<JobOptions, bool> asked) =>
            SystemTests.Processes.Eventually.NotNullAsync(async () =>
                asked((await job.GetStatusAsync(TestContext.Current.CancellationToken)).Options) ? "so" : null
            );
    }

    [PageFact]
    public async Task Retry_OfAFailedJob_EndsIt()
    {
        string gate = Path.GetTempFileName();
        File.Delete(gate);
        JobHandle job = await cluster.SubmitAsync("gate-work", new { gate });
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await Expect(visit.State).ToHaveTextAsync("failed");
                ILocator error = visit.Page.GetByLabel("Why it failed");
                await Expect(error).ToContainTextAsync("Unit 3 failed on all 3 attempts");
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Failures", Exact = true }).Locator("tbody tr"))
                    .ToHaveCountAsync(1);
                await File.WriteAllTextAsync(gate, "");
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Retry failed units" }).ClickAsync();
                await Expect(visit.State).ToHaveTextAsync("succeeded");
                await Expect(error).ToHaveCountAsync(0);
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true })).ToContainTextAsync("1225");
            }
        );
        File.Delete(gate);
    }

    [PageFact]
    public async Task Retry_OfSkippedUnits_FillsThemIn()
    {
        string gate = Path.GetTempFileName();
        File.Delete(gate);
        JobHandle job = await cluster.SubmitAsync("gate-work", new { gate }, new JobOptions { OnUnitFailure = OnUnitFailure.Skip });
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                ILocator banner = visit.Page.Locator("main .banner.warn");
                await Expect(banner).ToHaveTextAsync("1 unit of 50 skipped; the result is of the others. Its coverage is 98.0 %.");
                await Expect(visit.Page.GetByRole(AriaRole.Region, new() { Name = "Progress", Exact = true }).Locator(".legend"))
                    .ToContainTextAsync("skipped 1");
                await File.WriteAllTextAsync(gate, "");
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Retry 1 skipped unit" }).ClickAsync();
                await Expect(banner).ToHaveCountAsync(0);
                await Expect(visit.State).ToHaveTextAsync("succeeded");
                await Expect(visit.Page.Locator(".standing .share")).ToHaveTextAsync("100 %");
            }
        );
        File.Delete(gate);
    }

    [PageFact]
    public async Task Probe_OfAQuarantinedSilo_LetsItBackOnceItIsWell()
    {
        string silo = cluster.File.Silos[1].Silo!;
        string gate = Path.Combine(Path.GetTempPath(), $"ow-page-{Guid.NewGuid():N}");
        JobHandle job = await cluster.SubmitAsync(
            "picky-work",
            new { gate, bad = silo },
            new JobOptions
            {
                ChunkUnits = 1,
                MaxAttempts = 100,
                Speculation = false,
            }
        );
        try
        {
            await browser.VisitAsync(cluster.At("/silos"), LookAsync);
        }
        finally
        {
            // Other tests see no job that runs, and no silo that is out.
            await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
            await SharedCluster.EndAsync(job);
            File.Delete(gate);
        }

        async Task LookAsync(Visit visit)
        {
            IPage page = visit.Page;
            ILocator row = page.Locator("table.silos tbody tr").Filter(new() { Has = page.Locator($"[title='{silo}']") });
            await Expect(row.Locator(".chip")).ToHaveTextAsync("quarantined");
            ILocator events = page.GetByRole(AriaRole.Region, new() { Name = "Events", Exact = true });
            await Expect(events.Locator("li").First).ToContainTextAsync("quarantined");
            await Expect(events.Locator(".panel-foot")).ToContainTextAsync(new Regex(@"Showing (all|the last) \d+"));
            await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToBeEnabledAsync();
            // This one fails, which keeps the silo out for long enough to look at it.
            ILocator probe = row.GetByRole(AriaRole.Button, new() { Name = "Probe" });
            ILocator notice = page.Locator(".toast");
            await probe.ClickAsync();
            await Expect(notice).ToContainTextAsync("gets a lease now; it is let back when that succeeds");
            await Expect(notice).ToHaveCountAsync(0);
            await visit.LooksRightAsync("silos-quarantined", Look.All);

            await File.WriteAllTextAsync(gate, "");
            await probe.ClickAsync();
            await Expect(row.Locator(".chip")).ToHaveTextAsync("active");
            await Expect(events.Locator("li").First).ToContainTextAsync("released");
        }
    }

    [PageFact]
    public async Task Drain_IsUndoneByTheNotice_AndByTheButton()
    {
        string silo = cluster.File.Silos[1].Silo!;
        await browser.VisitAsync(
            cluster.At("/silos"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator row = page.Locator("table.silos tbody tr").Filter(new() { Has = page.Locator($"[title='{silo}']") });
                await row.GetByRole(AriaRole.Button).ClickAsync();
                await Expect(row.Locator(".chip")).ToHaveTextAsync("draining");
                ILocator notice = page.Locator(".toast");
                await Expect(notice).ToContainTextAsync("is draining: 0 leases to finish");
                await notice.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
                await Expect(row.Locator(".chip")).ToHaveTextAsync("active");
                await Expect(notice.Last).ToContainTextAsync("takes leases again");

                await row.GetByRole(AriaRole.Button).ClickAsync();
                await Expect(row.Locator(".chip")).ToHaveTextAsync("draining");
                Assert.Equal(
                    "draining",
                    (await cluster.Client.ListSilosAsync(TestContext.Current.CancellationToken)).Single(status => status.Silo == silo).State
                );
                await visit.LooksRightAsync("silos-draining");
                await row.GetByRole(AriaRole.Button).ClickAsync();
                await Expect(row.Locator(".chip")).ToHaveTextAsync("active");
            }
        );
    }

    [PageFact]
    public async Task Forget_AsksFirst_AndGoesToTheList()
    {
        JobHandle job = await cluster.SubmitAsync("synthetic", new { units = 1, microseconds = 0 });
        await SharedCluster.EndAsync(job);
        await browser.VisitAsync(
            cluster.At($"/jobs/{job.Id}"),
            async visit =>
            {
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Forget" }).ClickAsync();
                ILocator dialog = visit.Page.GetByRole(AriaRole.Dialog);
                await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Keep" })).ToBeFocusedAsync();
                await dialog.GetByRole(AriaRole.Button, new() { Name = "Forget job" }).ClickAsync();
                await Expect(visit.Title).ToHaveTextAsync("Jobs");
                await Expect(visit.Page.Locator(".toast")).ToContainTextAsync("Forgot synthetic");
                visit.Provokes("answer 404|status of 404");
                await visit.GoAsync($"/jobs/{job.Id}");
                await Expect(visit.Page.Locator("main")).ToContainTextAsync($"No job {job.Id} here. It may have been forgotten.");
            }
        );
    }
}
