using System.Runtime.Versioning;
using OrleansWork.PageTests.Browsing;
using OrleansWork.PageTests.Clusters;

namespace OrleansWork.PageTests;

/// <summary>What was seen before an answer is not shown after it, by the page's own module and a clock of the test's.</summary>
[SupportedOSPlatform("linux")]
[Collection(nameof(SharedCluster))]
public sealed class SettlingTests(Chromium browser, SharedCluster cluster)
{
    private const string Harness = """
        async (steps) => {
          const { settling } = await import("/js/settling.js");
          const timers = [];
          const taken = [];
          let now = 0;
          const settled = settling(2000, (event) => taken.push(event), { now: () => now, later: (run, wait) => timers.push({ at: now + wait, run }) });
          for (const [at, what, event] of steps) {
            for (const due of timers.filter((timer) => timer.at <= at).sort((a, b) => a.at - b.at)) {
              timers.splice(timers.indexOf(due), 1);
              now = due.at;
              due.run();
            }
            now = at;
            if (what === "answer") {
              settled.answer("s");
            } else if (what === "arrive" && !settled.holds(event.startsWith("other") ? "o" : "s", event)) {
              taken.push(event);
            }
          }
          return taken;
        }
        """;

    [PageFact]
    public async Task NothingAnswered_IsTakenAtOnce() =>
        Assert.Equal(["active", "draining"], await TakenAsync([0, "arrive", "active"], [10, "arrive", "draining"]));

    [PageFact]
    public async Task AfterAnAnswer_TheNewestIsTakenOnce_AndOthersAtOnce() =>
        Assert.Equal(
            ["other", "newest", "later"],
            await TakenAsync(
                [0, "answer", ""],
                [100, "arrive", "stale"],
                [200, "arrive", "other"],
                [1900, "arrive", "newest"],
                [2000, "", ""],
                [2100, "arrive", "later"]
            )
        );

    [PageFact]
    public async Task BeforeTheLastAnswer_IsNeverTaken() =>
        Assert.Equal(
            ["draining"],
            await TakenAsync(
                [0, "answer", ""],
                [1000, "answer", ""],
                [1200, "arrive", "active"],
                [1700, "answer", ""],
                [3500, "arrive", "draining"],
                [3700, "", ""],
                [9000, "", ""]
            )
        );

    private async Task<string[]> TakenAsync(params object[][] steps)
    {
        string[] taken = [];
        await browser.VisitAsync(cluster.At(), async visit => taken = await visit.Page.EvaluateAsync<string[]>(Harness, steps));
        return taken;
    }
}
