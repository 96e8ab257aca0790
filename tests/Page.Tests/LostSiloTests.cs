using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using OrleansWork.SystemTests.Faults.Driver;
using OrleansWork.SystemTests.Processes;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>The silo that serves the page is killed.</summary>
[SupportedOSPlatform("linux")]
public sealed class LostSiloTests(Chromium browser, MortalCluster cluster) : IClassFixture<MortalCluster>
{
    private static readonly Regex s_bar = new(
        @"^\s*No answer from 127\.0\.0\.1:\d+ for \d+ s\. You see the state of \d\d:\d\d:\d\d\. Jobs go on without this page\. Trying (again in \d+ s|now)\."
    );

    [PageFact]
    public async Task SiloKilled_PageSaysSo_GoesOnElsewhere_AndComesBack()
    {
        ClusterFile file = await cluster.WholeAsync();
        using HttpComputeClient client = file.HttpClient();
        JobHandle job = await SharedCluster.SubmitAsync(
            client,
            "synthetic",
            new
            {
                units = 2500,
                microseconds = 20_000,
                mode = "sleep",
            }
        );
        string other = new Uri(file.Silos[1].Http!).Authority;
        await browser.VisitAsync(
            SharedCluster.PlaceOf(file, 0, $"/jobs/{job.Id}"),
            async visit =>
            {
                visit.ProvokesLoss();
                await Expect(visit.State).ToHaveTextAsync("running");
                // In the middle of the job: its coordinator has stored how far it is.
                await Expect(visit.Page.Locator(".standing .share")).ToHaveTextAsync(new Regex(@"^([3-9]|\d\d)[.\d]* %$"));

                // Without its supervisor the silo stays away for as long as the test looks.
                cluster.Supervisor.Signal(Signals.Stop);
                Signals.Send(file.Silos[0].Pid, Signals.Kill);
                await Expect(visit.LostBar).ToContainTextAsync(s_bar);
                await Expect(visit.LostBar).ToContainTextAsync($"Every other silo serves the same page: {other}");
                await Expect(visit.Connection).ToContainTextAsync("Not connected");
                await Expect(visit.LostBar.GetByRole(AriaRole.Button, new() { Name = "Try now" })).ToBeEnabledAsync();
                await Expect(visit.Page.Locator(".actions button").First).ToBeDisabledAsync();
                ILocator link = visit.LostBar.GetByRole(AriaRole.Link);
                string address = (await link.GetAttributeAsync("href"))!;
                await visit.LooksRightAsync("disconnected-job");

                // At another silo the same job is seen, and ends.
                await browser.VisitAsync(
                    new Place(new Uri(new Uri(address).GetLeftPart(UriPartial.Authority)), Key: null),
                    async elsewhere =>
                    {
                        await elsewhere.Page.GotoAsync(address);
                        await Expect(elsewhere.Page).ToHaveURLAsync($"http://{other}/#/jobs/{job.Id}");
                        await Expect(elsewhere.State).ToHaveTextAsync(new Regex("running|succeeded"));
                        await Expect(elsewhere.State).ToHaveTextAsync("succeeded", new() { Timeout = 90_000 });
                        await Expect(elsewhere.Page.GetByRole(AriaRole.Region, new() { Name = "Result", Exact = true }))
                            .ToContainTextAsync("3123750");
                    }
                );

                // The supervisor starts the silo again, and the page goes on by itself.
                await Expect(visit.LostBar).ToBeVisibleAsync();
                cluster.Supervisor.Signal(Signals.Continue);
                await Expect(visit.LostBar).ToHaveCountAsync(0, new() { Timeout = 90_000 });
                await Expect(visit.Connection).ToContainTextAsync("Live");
                await Expect(visit.State).ToHaveTextAsync("succeeded");
            }
        );
    }

    [PageFact]
    public async Task SiloOutOfReach_OverviewTurnsGrey_AndSaysWhatWasMissed()
    {
        ClusterFile file = await cluster.WholeAsync();
        using HttpComputeClient client = file.HttpClient();
        JobHandle job = await SharedCluster.SubmitAsync(
            client,
            "synthetic",
            new
            {
                units = 100_000,
                microseconds = 20_000,
                mode = "sleep",
            }
        );
        await using StoreLink way = new(new Uri(file.Silos[0].Http!).Port);
        await browser.VisitAsync(
            new Place(new Uri($"http://{way.Address}"), file.Key),
            async visit =>
            {
                visit.ProvokesLoss();
                ILocator notices = visit.Page.Locator(".toast");
                await Expect(visit.Page.Locator(".run")).ToContainTextAsync("synthetic");
                await Expect(visit.Page.Locator("#units ~ .panel-end")).ToContainTextAsync("As table");

                // A cable is cut and mended: nothing is lost.
                way.Cut = StoreCut.All;
                await Expect(visit.LostBar).ToContainTextAsync(s_bar);
                await visit.LooksRightAsync("disconnected");
                way.Cut = StoreCut.None;
                await Expect(notices).ToHaveTextAsync(new Regex(@"^Caught up \d+ events?Dismiss$"));
                await Expect(visit.LostBar).ToHaveCountAsync(0);
                await notices.GetByRole(AriaRole.Button).ClickAsync();

                // For good: the silo that comes in its place knows nothing of before.
                Signals.Send(file.Silos[0].Pid, Signals.Kill);
                await Expect(visit.LostBar).ToContainTextAsync(s_bar);
                await Expect(visit.LostBar).ToHaveCountAsync(0, new() { Timeout = 90_000 });
                await Expect(notices.First).ToHaveTextAsync(new Regex(@"^(\d+ s are missing in this view|Caught up \d+ events?)Dismiss$"));
                await Expect(visit.Page.Locator(".run")).ToContainTextAsync("synthetic");
            }
        );
        await job.CancelAsync(cancellationToken: TestContext.Current.CancellationToken);
    }
}
