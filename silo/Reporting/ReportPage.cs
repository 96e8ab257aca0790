using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using OrleansWork.Silo.Page;

namespace OrleansWork.Silo.Reporting;

/// <summary>What all reports have in common: the page's own style, fonts and parts in one document that asks nothing of anybody.</summary>
internal sealed partial class ReportPage
{
    private const string Entry = "js/views/report.js";
    private static readonly Lazy<ReportPage> s_ofSilo = new(static () => new ReportPage(PageFiles.OfSilo));

    private readonly string _policy;
    private readonly string _style;
    private readonly string _theme;
    private readonly string _script;

    /// <summary>Makes it of the page's files.</summary>
    public ReportPage(PageFiles files)
    {
        _style = Url().Replace(Text("app.css"), url => $"url(\"{DataOf(url.Groups["path"].Value)}\")");
        _theme = Text("js/theme.js");
        _script = ModuleBundle.Of(Entry, Text);
        Sign = DataOf("favicon.svg");
        // Only these two scripts and this style: whatever a user's text may look like, it is never run.
        _policy =
            $"default-src 'none'; script-src {HashOf(_theme)} {HashOf(_script)}; style-src {HashOf(_style)}; font-src data:; img-src data:; base-uri 'none'; form-action 'none'";

        string Text(string name) => Encoding.UTF8.GetString(File(name).Content);
        PageFile File(string name) => files.Find(name) ?? throw new InvalidOperationException($"The page has no file {name}.");
        string DataOf(string name)
        {
            PageFile file = File(name);
            return $"data:{file.MediaType.Replace(" ", "", StringComparison.Ordinal)};base64,{Convert.ToBase64String(file.Content)}";
        }
    }

    /// <summary>Gets that of this silo.</summary>
    public static ReportPage OfSilo => s_ofSilo.Value;

    /// <summary>Gets the product's version.</summary>
    public static string Version { get; } =
        typeof(ReportPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>Gets the product's sign, as the address of an image.</summary>
    public string Sign { get; }

    /// <summary>Returns what comes before the data.</summary>
    /// <param name="title">The document's title, as text.</param>
    public string Before(string title) =>
        $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{_policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="dark light">
            <meta name="generator" content="OrleansWork {Version}">
            <title>{HtmlEncoder.Default.Encode(title)}</title>
            <style>{_style}</style>
            <script>{_theme}</script>
            </head>
            <body>
            <div id="app"></div>
            <noscript>This report needs JavaScript; its data is in the element with the id "report".</noscript>
            <script type="application/json" id="report">
            """;

    /// <summary>Returns what comes after the data.</summary>
    public string After() => $"</script>\n<script>{_script}</script>\n</body>\n</html>\n";

    private static string HashOf(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    [GeneratedRegex("""url\("(?<path>[^"]+)"\)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Url();
}
