using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>Where things are.</summary>
internal static class Layout
{
    /// <summary>Looks whether the page scrolls sideways, or cuts what should be seen without saying so by an ellipsis.</summary>
    /// <returns>What does not fit, or null.</returns>
    public static Task<string?> WiderThanWindowAsync(IPage page) =>
        page.EvaluateAsync<string?>(
            """
            () => {
              const width = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= width) {
                const cut = [...document.body.querySelectorAll("*")].filter((element) => {
                  const style = getComputedStyle(element);
                  return style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && style.clipPath === "none" && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
                });
                return cut.length === 0 ? null : "cuts its content: " + cut.slice(0, 3).map((element) => `${element.scrollWidth} of ${element.clientWidth} px ${element.outerHTML.slice(0, 200)}`).join(" | ");
              }
              const wide = [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > width + 0.5);
              return `scrolls sideways, ${document.documentElement.scrollWidth} of ${width} px: ` + wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" | ");
            }
            """
        );
}
