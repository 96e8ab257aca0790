using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>What docs/hosting.md shows is compiled as it stands there, and runs.</summary>
[Trait("speed", "slow")]
public sealed class HostingPageTests
{
    private static readonly string Page = Pages.Read("docs", "hosting.md");

    private readonly PageProjects _projects = new(Page, ("MyKinds/ParallelSum.cs", Pages.Examples(Pages.Read("README.md"), "csharp")[0]));

    [SlowFact]
    public void Page_EveryProject_CompilesAsCopied()
    {
        Assert.Equal(["MyKinds", "MySilo", "MyWeb", "MyProgram", "MyTests"], _projects.Names);
        Assert.Empty(Pages.Examples(Page, "csharp"));
        foreach (string project in _projects.Names)
        {
            _projects.CheckReferences(project);
            Assert.NotNull(_projects.Load(project));
        }
    }

    [SlowFact]
    public async Task Test_OfThePage_Passes()
    {
        Type tests = _projects.Load("MyTests").GetType("ParallelSumTests", throwOnError: true)!;
        MethodInfo test = tests.GetMethods().Single(method => method.IsDefined(typeof(FactAttribute)));
        await (Task)test.Invoke(Activator.CreateInstance(tests), null)!;
    }

    [SlowFact]
    public async Task SiloAndWebApplication_OfThePage_RunAJobAndRefuseWhatIsWrong()
    {
        (int siloPort, int gatewayPort) = (FreePort(), FreePort());
        string[] quiet = ["--Logging:LogLevel:Default=None"];
        using IHost silo = Build<IHost>("MySilo", quiet, siloPort, gatewayPort);
        await silo.StartAsync(TestSilos.Ceiling);
        await using WebApplication app = Build<WebApplication>("MyWeb", (string[])[.. quiet, "--urls=http://127.0.0.1:0"], gatewayPort);
        await app.StartAsync(TestSilos.Ceiling);

        using HttpClient http = new() { BaseAddress = new Uri(app.Urls.Single()) };
        using HttpResponseMessage accepted = await http.PostAsJsonAsync(
            "/sums",
            new ParallelSum.Input(1, 30_000_000),
            Web,
            TestSilos.Ceiling
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await app
            .Services.GetRequiredService<IComputeClient>()
            .GetJob(accepted.Headers.Location!.OriginalString.Split('/')[^1])
            .ResultAsync(TestSilos.Ceiling);
        JsonElement answer = await http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, TestSilos.Ceiling);
        Assert.Equal(450_000_015_000_000, answer.GetProperty("sum").GetInt64());
        Assert.Equal("succeeded", answer.GetProperty("state").GetString());

        Task<int> program =
            (Task<int>)
                _projects.Load("MyProgram").GetType("MyProgram", throwOnError: true)!.GetMethod("RunAsync")!.Invoke(null, [gatewayPort])!;
        Assert.Equal(0, await program);

        (string given, string told) = Refusal();
        string wrong = await ProblemAsync(http, HttpMethod.Post, "/sums", given, HttpStatusCode.BadRequest);
        Assert.True(
            wrong.StartsWith(told, StringComparison.Ordinal),
            $"The page says{Environment.NewLine}{told}{Environment.NewLine}and the application{Environment.NewLine}{wrong}"
        );
        Assert.Contains("to is missing", wrong, StringComparison.Ordinal);
        await ProblemAsync(http, HttpMethod.Post, "/sums", "{\"from\":", HttpStatusCode.BadRequest);
        await ProblemAsync(http, HttpMethod.Post, "/sums", null, HttpStatusCode.BadRequest);
        Assert.Contains(
            "There is no job nobody",
            await ProblemAsync(http, HttpMethod.Get, "/sums/nobody", null, HttpStatusCode.NotFound),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "errors",
            await ProblemAsync(http, HttpMethod.Get, "/sums/no%20id", null, HttpStatusCode.BadRequest),
            StringComparison.Ordinal
        );
        await ProblemAsync(http, HttpMethod.Get, "/nothing", null, HttpStatusCode.NotFound);

        await app.StopAsync(TestSilos.Ceiling);
        await silo.StopAsync(TestSilos.Ceiling);
    }

    private static JsonSerializerOptions Web { get; } = new(JsonSerializerDefaults.Web);

    private THost Build<THost>(string project, params object[] arguments) =>
        (THost)_projects.Load(project).GetType(project, throwOnError: true)!.GetMethod("Build")!.Invoke(null, arguments)!;

    /// <summary>Reads what the page sends and what it says comes back, up to what differs each time.</summary>
    private static (string Given, string Told) Refusal()
    {
        string[] lines = Page.Split('\n');
        int command = Array.FindIndex(lines, line => line.StartsWith("$ curl", StringComparison.Ordinal));
        string given = lines[command].Split('\'')[^2];
        return (given, lines[command + 1].Split(",\"traceId\"")[0]);
    }

    private static async Task<string> ProblemAsync(HttpClient http, HttpMethod method, string path, string? body, HttpStatusCode expected)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.SendAsync(request, TestSilos.Ceiling);
        string text = await answer.Content.ReadAsStringAsync(TestSilos.Ceiling);
        Assert.True(answer.StatusCode == expected, $"{path}: {answer.StatusCode} {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)expected, JsonDocument.Parse(text).RootElement.GetProperty("status").GetInt32());
        return text;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
