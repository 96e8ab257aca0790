using System.Text.Json;
using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>Rules of accessibility that a program can check, as axe-core does.</summary>
internal static class Accessibility
{
    private const string Run = """
        () => axe.run(document, { resultTypes: ["violations"] }).then((found) =>
          found.violations.map((rule) => ({ id: rule.id, help: rule.help, nodes: rule.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`) })))
        """;

    private static readonly string s_axe = Read();

    /// <summary>Checks what the page shows now.</summary>
    /// <returns>The rules that are broken, each with the first elements that break it.</returns>
    public static async Task<IReadOnlyList<string>> BrokenRulesAsync(IPage page)
    {
        // Not as a script of the page, which its content-security policy forbids.
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
            await page.EvaluateAsync(s_axe);
        JsonElement? found = await page.EvaluateAsync(Run);
        return
        [
            .. found!
                .Value.EnumerateArray()
                .Select(rule =>
                    $"{rule.GetProperty("id")}: {rule.GetProperty("help")}: {string.Join("; ", rule.GetProperty("nodes").EnumerateArray())}"
                ),
        ];
    }

    private static string Read()
    {
        using StreamReader reader = new(typeof(Accessibility).Assembly.GetManifestResourceStream("axe.min.js")!);
        return reader.ReadToEnd();
    }
}
