using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>The browser of all tests: Chromium without a window, which finds no host but 127.0.0.1.</summary>
public sealed class Chromium : IAsyncLifetime
{
    // The one without a window of its own takes the least of the processors.
    private static readonly string[] s_places =
    [
        "/usr/bin/chromium-headless-shell",
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Gets why tests of the page are not run, or null where they are.</summary>
    public static string? SkipReason { get; } =
        !OperatingSystem.IsLinux() ? "Starts clusters and Chromium for Linux."
        : Environment.GetEnvironmentVariable("ORLEANSWORK_PAGE_TESTS") != "1" ? "Needs a browser: set ORLEANSWORK_PAGE_TESTS=1 to run it."
        : Program is null
            ? $"There is no Chromium: none of {string.Join(", ", s_places)}. Debian has it as package chromium-headless-shell."
        : null;

    private static string? Program => s_places.FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (SkipReason is not null)
            return;
        Assertions.SetDefaultExpectTimeout((float)Visit.Ceiling.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = Program,
                Headless = true,
                ChromiumSandbox = false,
                Args =
                [
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                ],
            }
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens the page in a profile of its own, runs <paramref name="test"/>, and checks that nothing went wrong which it did not provoke.</summary>
    /// <param name="place">Which silo's page, as whom, and what of it.</param>
    /// <param name="test">What is done there.</param>
    /// <param name="look">How it is seen, or null for dark and 1440 px wide.</param>
    /// <param name="before">What is set up before the page is opened, or null.</param>
    internal async Task VisitAsync(Place place, Func<Visit, Task> test, Look? look = null, Func<Visit, Task>? before = null)
    {
        await using Visit visit = await Visit.BeginAsync(_browser!, place, look ?? Look.Usual);
        try
        {
            if (before is not null)
                await before(visit);
            await visit.OpenAsync();
            await test(visit);
        }
        catch (Exception exception) when (exception is not VisitFailedException)
        {
            throw await visit.ExplainAsync(exception);
        }

        visit.AssertNothingWentWrong();
    }
}
