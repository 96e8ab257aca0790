using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Pages that others have made: they get the key of the tab, and ask no other host for anything.</summary>
[SupportedOSPlatform("linux")]
public sealed class GuestPageTests(Chromium browser, LoneSilo silo) : IClassFixture<LoneSilo>
{
    [PageFact]
    public async Task Reference_ListsTheApi() =>
        await browser.VisitAsync(
            silo.At("viewer"),
            async visit =>
            {
                await Expect(visit.Connection).ToContainTextAsync("Live");
                await visit.Page.GotoAsync($"{silo.At(null).Silo}reference/");
                await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "OrleansWork" }).First).ToBeVisibleAsync();
                await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Open Group - Cluster" }).ClickAsync();
                await Expect(visit.Page.GetByText("Says whose key the request has, and its role.").First).ToBeVisibleAsync();
                await Pictures.TakeAsync(visit.Page, "reference");
            }
        );

    [PageFact]
    public async Task Reference_WithoutAKey_AsksForIt() =>
        await browser.VisitAsync(
            silo.At(null),
            async visit =>
            {
                visit.Provokes("answer 401|status of 401");
                await visit.Page.GotoAsync($"{silo.At(null).Silo}reference/");
                await Expect(visit.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/(#/)?$"));
                await Expect(visit.Page.GetByLabel("Key")).ToBeVisibleAsync();
            }
        );

    [PageFact]
    public async Task OrleansDashboard_ShowsTheSiloToOperators_AndNothingToOthers()
    {
        await browser.VisitAsync(
            silo.At("operator"),
            async visit =>
            {
                await Expect(visit.Connection).ToContainTextAsync("Live");
                await visit.Page.GotoAsync($"{silo.At(null).Silo}orleans/");
                await Expect(visit.Page.GetByText("Active Silos").First).ToBeVisibleAsync();
                await Pictures.TakeAsync(visit.Page, "orleans-dashboard");
            }
        );
        await browser.VisitAsync(
            silo.At("submitter"),
            async visit =>
            {
                visit.Provokes("answer 403|status of 403|console error|error in the page");
                await Expect(visit.Connection).ToContainTextAsync("Live");
                IResponse counters = await visit.Page.RunAndWaitForResponseAsync(
                    () => visit.Page.GotoAsync($"{silo.At(null).Silo}orleans/"),
                    response => response.Url.EndsWith("/DashboardCounters", StringComparison.Ordinal)
                );
                Assert.Equal(403, counters.Status);
            }
        );
    }
}
