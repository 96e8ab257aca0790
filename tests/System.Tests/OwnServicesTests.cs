using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary>The project of docs/jobs.md whose kinds need services of their own, in a folder outside the repository.</summary>
public sealed partial class OwnServicesTests : IAsyncLifetime
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(3);

    // Beside what the page shows: a kind whose service is registered where a setting says so.
    private const string Picky = """
        using Microsoft.Extensions.Configuration;
        using Microsoft.Extensions.DependencyInjection;
        using OrleansWork;

        public interface IMood;

        public sealed class Mood : IMood;

        public sealed class PickyServices : IJobServices
        {
            public void ConfigureServices(IServiceCollection services, IConfiguration configuration)
            {
                if (configuration["Picky:Throws"] is { } message)
                    throw new InvalidOperationException(message, new FormatException("a digit"));
                if (configuration["Picky:Mood"] is not null)
                    services.AddSingleton<IMood, Mood>();
                if (configuration["OrleansWork:Jobs"] is { } secret)
                    throw new InvalidOperationException($"It sees the silo's own settings: {secret}");
            }
        }

        [JobKind("picky")]
        public sealed class Picky(IMood mood) : JobKind<Picky.Input, string>
        {
            public sealed record Input;

            public override long CountUnits(Input input) => 1;

            public override string RunUnit(Input input, long unit, UnitContext context) => mood.ToString()!;

            public override string Combine(string left, string right) => left + right;
        }
        """;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"ow-own-{Guid.NewGuid():N}"[..20]);

    private string Assembly => Path.Combine(_folder, "bin", "Release", "net10.0", "LinkCheck.dll");

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Directory.CreateDirectory(_folder);
        string page = await File.ReadAllTextAsync(Path.Combine(OwnProject.Root(), "docs", "jobs.md"));
        foreach (Match file in File_().Matches(page))
        {
            string text = file.Groups["text"].Value.Replace("/path/to/OrleansWork", OwnProject.Root(), StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(_folder, file.Groups["name"].Value), text);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "Picky.cs"), Picky);
        await using RunningProgram build = RunningProgram.StartIn(
            _folder,
            "build",
            ["-c", "Release", "-warnaserror", "-nodeReuse:false", "-p:UseSharedCompilation=false"]
        );
        Assert.True(await build.ExitCodeAsync(Ceiling) == 0, build.Output + build.Error);
    }

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [SlowFact]
    public async Task Services_OfAnAssembly_ReachItsKindsOrStopTheSilo()
    {
        await RefusedAsync("Job kind picky (Picky) needs a service IMood for parameter mood of its constructor, and nobody registers one");
        await RefusedAsync("PickyServices could not register", ("Picky__Throws", "no mood"));
        await RefusedAsync("InvalidOperationException: no mood ---> System.FormatException: a digit", ("Picky__Throws", "no mood"));

        using HttpListener pages = Listen(out int port);
#pragma warning disable CA2025 // Serving ends when the listener does, however it ends.
        Task serving = ServeAsync(pages);
#pragma warning restore CA2025
        string address = $"http://127.0.0.1:{port}";
        await using RunningProgram run = RunningProgram.StartIn(
            _folder,
            Programs.Console,
            ["run", "link-check", "--jobs", Assembly, "--local", "1", "--pages", $"{address}/here,{address}/gone"],
            ("Picky__Mood", "good"),
            ("LinkCheck__Timeout", "30s")
        );
        Assert.True(await run.ExitCodeAsync(Ceiling) == 0, run.Error);
        Assert.Equal(
            [
                $$$"""{"unit":0,"result":{"page":"{{{address}}}/here","status":200}}""",
                $$$"""{"unit":1,"result":{"page":"{{{address}}}/gone","status":404}}""",
            ],
            run.Output.Trim().Split('\n')
        );
        pages.Stop();
        await serving;
    }

    private async Task RefusedAsync(string words, params (string Name, string Value)[] environment)
    {
        await using RunningProgram silo = RunningProgram.Start(Programs.Silo, ["--list-kinds", "--jobs", Assembly], environment);
        Assert.True(await silo.ExitCodeAsync(Ceiling) == 2, silo.Error);
        Assert.Contains($"OrleansWork:Jobs has '{Assembly}': ", silo.Error, StringComparison.Ordinal);
        Assert.Contains(words, silo.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", silo.Error, StringComparison.Ordinal);
        Assert.Empty(silo.Output);
    }

    private static HttpListener Listen(out int port)
    {
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        HttpListener pages = new();
        pages.Prefixes.Add($"http://127.0.0.1:{port}/");
        pages.Start();
        return pages;
    }

    private static async Task ServeAsync(HttpListener pages)
    {
        try
        {
            while (true)
            {
                HttpListenerContext asked = await pages.GetContextAsync();
                asked.Response.StatusCode = asked.Request.Url!.AbsolutePath == "/here" ? 200 : 404;
                asked.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    [GeneratedRegex(
        "```(xml|csharp) (?<name>LinkCheck\\.\\w+)\\n(?<text>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex File_();
}
