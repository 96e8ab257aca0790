using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>One visit to the page: what is seen, and what went wrong meanwhile.</summary>
internal sealed class Visit : IAsyncDisposable
{
    /// <summary>Far above what anything here takes on a busy machine.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(30);

    // Requests that the page itself gives up, as it does when another view is opened.
    private const string GivenUp = "net::ERR_ABORTED";

    // The narrowest that is promised, and one of each step of the layout.
    private static readonly int[] s_otherWidths = [320, 620, 920, 1220];

    private const int MostShown = 1500;

    private readonly IBrowserContext _context;
    private readonly Place _place;
    private readonly ConcurrentQueue<string> _wrong = [];
    private readonly List<Regex> _provoked = [];
    private int _requests;

    private Visit(IBrowserContext context, IPage page, Place place)
    {
        (_context, Page, _place) = (context, page, place);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _wrong.Enqueue($"console {message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _wrong.Enqueue($"error in the page: {error}");
        page.Dialog += (_, dialog) =>
        {
            _wrong.Enqueue($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            Interlocked.Increment(ref _requests);
            if (new Uri(request.Url) is { Scheme: not ("data" or "blob") } to && to.Authority != place.Silo.Authority)
                _wrong.Enqueue($"request to another host: {request.Url}");
        };
        page.RequestFailed += (_, request) =>
        {
            if (request.Failure != GivenUp)
                _wrong.Enqueue($"request failed: {request.Method} {request.Url}: {request.Failure}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _wrong.Enqueue($"answer {response.Status}: {response.Request.Method} {response.Url}");
        };
    }

    /// <summary>Gets the page.</summary>
    public IPage Page { get; }

    /// <summary>Gets its one heading of first order.</summary>
    public ILocator Title => Page.Locator("h1");

    /// <summary>Gets the bar that says that the silo does not answer.</summary>
    public ILocator LostBar => Page.Locator("main > .banner.fail").Filter(new() { HasText = "No answer from" });

    /// <summary>Gets the state of the job whose view is open.</summary>
    public ILocator State => Page.Locator(".title-line .chip");

    /// <summary>Gets the word beside the dot in the top bar.</summary>
    public ILocator Connection => Page.Locator(".connection");

    /// <summary>Gets what went wrong so far, whether it was meant to or not.</summary>
    public IEnumerable<string> Wrong => _wrong;

    /// <summary>Makes a profile with nothing kept, and a window in it.</summary>
    public static async Task<Visit> BeginAsync(IBrowser browser, Place place, Look look)
    {
        IBrowserContext context = await browser.NewContextAsync(
            new()
            {
                ColorScheme = look.Scheme,
                ViewportSize = new() { Width = look.Width, Height = look.Height },
                Locale = "en-US",
                Permissions = ["clipboard-read", "clipboard-write"],
            }
        );
        context.SetDefaultTimeout((float)Ceiling.TotalMilliseconds);
        return new Visit(context, await context.NewPageAsync(), place);
    }

    /// <summary>Opens the page as who was given its address, and goes to the view.</summary>
    public async Task OpenAsync()
    {
        await Page.GotoAsync(_place.Address);
        if (_place.Key is not null && _place.View != "/")
            await GoAsync(_place.View);
    }

    /// <summary>Goes to a view as a link does.</summary>
    public Task GoAsync(string view) => Page.EvaluateAsync("view => { location.hash = view; }", view);

    /// <summary>Says that something wrong is meant: what is recorded of it and matches is none.</summary>
    public void Provokes([StringSyntax(StringSyntaxAttribute.Regex)] string pattern) =>
        _provoked.Add(new Regex(pattern, RegexOptions.None, TimeSpan.FromSeconds(1)));

    /// <summary>Says that the silo goes away during the visit.</summary>
    public void ProvokesLoss() =>
        Provokes(
            "net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|INTERNET_DISCONNECTED)"
        );

    /// <summary>Changes how the page is seen.</summary>
    public async Task SeeAsync(Look look)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = look.Scheme });
        await Page.SetViewportSizeAsync(look.Width, look.Height);
        await Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    /// <summary>Looks at the view in several looks: no rule of accessibility broken, nothing wider than the window; keeps a picture of each.</summary>
    /// <param name="name">What the pictures are called.</param>
    /// <param name="looks">In which looks, or null for <see cref="Look.Corners"/>.</param>
    public async Task LooksRightAsync(string name, IEnumerable<Look>? looks = null)
    {
        List<string> broken = [];
        foreach (Look look in looks ?? Look.Corners)
        {
            await SeeAsync(look);
            await Pictures.TakeAsync(Page, $"{name}-{look}");
            broken.AddRange((await Accessibility.BrokenRulesAsync(Page)).Select(rule => $"{look}: {rule}"));
            if (await Layout.WiderThanWindowAsync(Page) is { } wide)
                broken.Add($"{look}: {wide}");
        }

        foreach (int width in s_otherWidths)
        {
            await SeeAsync(Look.Usual with { Width = width });
            if (await Layout.WiderThanWindowAsync(Page) is { } wide)
                broken.Add($"{width} px: {wide}");
        }

        await SeeAsync(Look.Usual);
        Assert.True(broken.Count == 0, $"{name}:{Environment.NewLine}{string.Join(Environment.NewLine, broken)}");
    }

    /// <summary>Checks that nothing went wrong that was not provoked.</summary>
    public void AssertNothingWentWrong()
    {
        Assert.True(_requests > 0, $"{_requests} requests were seen");
        string[] wrong = [.. Unprovoked()];
        Assert.True(wrong.Length == 0, string.Join(Environment.NewLine, wrong));
    }

    /// <summary>Adds what the page shows, and what went wrong, to why a test failed.</summary>
    public async Task<VisitFailedException> ExplainAsync(Exception exception)
    {
        string shown = "";
        try
        {
            await Pictures.TakeAsync(Page, $"failed-{TestContext.Current.TestMethod?.MethodName}");
            shown = await Page.InnerTextAsync("#app", new() { Timeout = 1000 });
        }
        catch (PlaywrightException)
        {
            // The page is gone: there is nothing to add.
        }

        return new VisitFailedException(
            $"{exception.Message}{Environment.NewLine}At {Page.Url}. Went wrong: {string.Join("; ", _wrong)}{Environment.NewLine}The page shows: {shown.ReplaceLineEndings(" | ")[..Math.Min(shown.Length, MostShown)]}",
            exception
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private IEnumerable<string> Unprovoked() => Wrong.Where(wrong => !_provoked.Any(meant => meant.IsMatch(wrong)));
}

/// <summary>A visit did not go as it should.</summary>
internal sealed class VisitFailedException(string message, Exception inner) : Exception(message, inner);
