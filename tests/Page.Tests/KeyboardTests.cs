using System.Runtime.Versioning;
using Microsoft.Playwright;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using static Microsoft.Playwright.Assertions;

namespace OrleansWork.PageTests;

/// <summary>Everything is reached without a mouse.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class KeyboardTests(Chromium browser, SharedCluster cluster)
{
    [PageFact]
    public async Task Keys_GoEverywhere() =>
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(visit.Connection).ToContainTextAsync("Live");
                foreach (
                    (string keys, string title) in new[]
                    {
                        ("g j", "Jobs"),
                        ("g s", "Silos"),
                        ("g c", "Compare"),
                        ("g o", "Overview"),
                        ("n", "Submit a job"),
                    }
                )
                {
                    foreach (string key in keys.Split(' '))
                        await page.Keyboard.PressAsync(key);
                    await Expect(visit.Title).ToHaveTextAsync(title);
                }

                await page.Locator("#f-input-to").FocusAsync();
                await page.Keyboard.TypeAsync("gsn?t/");
                await Expect(page.Locator("#f-input-to")).ToHaveValueAsync("gsn?t/");
                await Expect(visit.Title).ToHaveTextAsync("Submit a job");
                await page.Locator("#f-input-to").BlurAsync();

                // The system's own, which is dark, then dark and light by choice, and the system's again.
                foreach (string theme in new[] { "dark", "dark", "light", "dark" })
                {
                    await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", theme);
                    await page.Keyboard.PressAsync("t");
                }
            }
        );

    [PageFact]
    public async Task Help_SaysTheKeys_AndSwitchesThemOff() =>
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                IPage page = visit.Page;
                await Expect(visit.Connection).ToContainTextAsync("Live");
                ILocator button = page.GetByRole(AriaRole.Button, new() { Name = "Keyboard help" });
                await button.FocusAsync();
                await page.Keyboard.PressAsync("?");
                ILocator dialog = page.GetByRole(AriaRole.Dialog);
                await Expect(dialog).ToContainTextAsync("Submit a job");
                await visit.LooksRightAsync("dialog-keys");
                await dialog.GetByRole(AriaRole.Switch).UncheckAsync();
                await page.Keyboard.PressAsync("Escape");
                await Expect(dialog).ToHaveCountAsync(0);
                await Expect(button).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("n");
                await page.Keyboard.PressAsync("?");
                await Expect(dialog).ToHaveCountAsync(0);
                await Expect(visit.Title).ToHaveTextAsync("Overview");
                await button.ClickAsync();
                await dialog.GetByRole(AriaRole.Switch).CheckAsync();
                await page.Keyboard.PressAsync("Escape");
                await page.Keyboard.PressAsync("n");
                await Expect(visit.Title).ToHaveTextAsync("Submit a job");
            }
        );

    [PageFact]
    public async Task Lists_AreWalked_AndTabsFollowTheText()
    {
        string run = $"keys-{Guid.NewGuid():N}"[..12];
        foreach (string end in new[] { "1", "2", "3" })
            await SharedCluster.EndAsync(await cluster.SubmitAsync("primes", new { to = 1000 }, id: $"{run}-{end}"));
        await browser.VisitAsync(
            cluster.At($"/jobs?text={run}"),
            async visit =>
            {
                IPage page = visit.Page;
                ILocator links = page.Locator("table.jobs tbody a");
                await Expect(links).ToHaveCountAsync(3);
                await page.Keyboard.PressAsync("j");
                await Expect(links.Nth(0)).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("j");
                await page.Keyboard.PressAsync("ArrowDown");
                await Expect(links.Nth(2)).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("k");
                await Expect(links.Nth(1)).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("Enter");
                await Expect(page.Locator(".title-line .id")).ToHaveTextAsync($"{run}-2");
                await page.GoBackAsync();
                await Expect(links).ToHaveCountAsync(3);

                await page.ReloadAsync();
                await Expect(links).ToHaveCountAsync(3);
                await page.Keyboard.PressAsync("Tab");
                await Expect(page.GetByText("Skip to content")).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("Enter");
                await Expect(page.Locator("main")).ToBeFocusedAsync();
                await page.Keyboard.PressAsync("Tab");
                await Expect(page.GetByPlaceholder("Kind, id or error text")).ToBeFocusedAsync();

                // Wherever the focus goes it is seen, and it goes down the page.
                double top = 0;
                for (int i = 0; i < 12; i++)
                {
                    await page.Keyboard.PressAsync("Tab");
                    double[] at = await page.EvaluateAsync<double[]>(
                        "() => { const it = document.activeElement; const box = it.closest('label, a, button')?.getBoundingClientRect() ?? it.getBoundingClientRect(); return [box.top, box.height]; }"
                    );
                    if (
                        await page.EvaluateAsync<bool>(
                            "() => document.activeElement === document.body || !document.querySelector('main').contains(document.activeElement)"
                        )
                    )
                        break;
                    Assert.True(at[1] > 0, "The focus is on nothing that is seen");
                    Assert.True(at[0] >= top - 40, $"The focus went up from {top} to {at[0]}");
                    top = at[0];
                }

                Assert.True(top > 0);
            }
        );
    }
}
