using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>Keeps what was seen, for people to look at: artifacts/page.</summary>
internal static class Pictures
{
    private const int MostPixels = 6000;

    // artifacts/bin/PROJECT/debug
    private static readonly string s_folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "page"));

    /// <summary>Takes a picture of the whole page, in a window as high as it is: what stands at the window's edge is at that of the page.</summary>
    public static async Task TakeAsync(IPage page, string name)
    {
        PageViewportSizeResult window = page.ViewportSize!;
        int height = await page.EvaluateAsync<int>("() => document.documentElement.scrollHeight");
        await page.SetViewportSizeAsync(window.Width, Math.Clamp(height, window.Height, MostPixels));
        await page.ScreenshotAsync(new() { Path = Path.Combine(s_folder, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        await page.SetViewportSizeAsync(window.Width, window.Height);
    }
}
