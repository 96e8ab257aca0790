using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.PageTests;

/// <summary>What all other tests rely on: what goes wrong on the page is seen.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class GuardTests(Chromium browser, SharedCluster cluster)
{
    [PageFact]
    public async Task PlantedWrongs_AreFound()
    {
        (string Script, string Found)[] planted =
        [
            ("console.error('planted')", "console error: planted"),
            ("setTimeout(() => { throw new Error('planted') })", "error in the page: .*planted"),
            ("setTimeout(() => alert('planted'))", "dialog: planted"),
            ("fetch('/api/jobs/planted', { headers: { Authorization: 'Bearer ' + sessionStorage['ow.key'] } })", "answer 404"),
            ("new Image().src = 'http://planted.example/'", "request to another host: http://planted.example/"),
        ];
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                visit.AssertNothingWentWrong();
                foreach ((string script, string found) in planted)
                {
                    await visit.Page.EvaluateAsync($"() => {{ {script} }}");
                    await Eventually.TrueAsync(
                        () => visit.Wrong.Any(wrong => Regex.IsMatch(wrong, found)),
                        () => $"{found} in {string.Join("; ", visit.Wrong)}"
                    );
                }

                Assert.ThrowsAny<Xunit.Sdk.XunitException>(visit.AssertNothingWentWrong);
                visit.Provokes(".");
            }
        );
    }

    [PageFact]
    public async Task PlantedDisorder_IsFound() =>
        await browser.VisitAsync(
            cluster.At(),
            async visit =>
            {
                Assert.Empty(await Accessibility.BrokenRulesAsync(visit.Page));
                Assert.Null(await Layout.WiderThanWindowAsync(visit.Page));
                await visit.Page.EvaluateAsync("() => { document.querySelector('main').append(document.createElement('button')); }");
                Assert.Contains(
                    await Accessibility.BrokenRulesAsync(visit.Page),
                    rule => rule.StartsWith("button-name", StringComparison.Ordinal)
                );
                await visit.Page.EvaluateAsync("() => { document.querySelector('main').style.setProperty('min-width', '2000px'); }");
                Assert.StartsWith("scrolls sideways", await Layout.WiderThanWindowAsync(visit.Page), StringComparison.Ordinal);
            }
        );
}
