using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>What docs/hosting.md shows is compiled here, and runs.</summary>
public sealed class HostingPageTests
{
    [Fact]
    public void Page_EveryExample_IsCompiledHere()
    {
        string source = Pages.Squeeze(Pages.Read("tests", "Engine.Tests", "Docs", "OwnHosts.cs"));
        IReadOnlyList<string> examples = Pages.Examples(Pages.Read("docs", "hosting.md"), "csharp");
        Assert.Equal(2, examples.Count);
        Assert.All(examples, example => Assert.Contains(Pages.Squeeze(example), source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SiloAndWebApplication_OfThePage_RunAJob()
    {
        (int siloPort, int gatewayPort) = (FreePort(), FreePort());
        using IHost silo = OwnHosts.BuildSilo(["--Logging:LogLevel:Default=None"], siloPort, gatewayPort);
        await silo.StartAsync(TestSilos.Ceiling);
        await using WebApplication app = OwnHosts.BuildWebApp(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"],
            gatewayPort
        );
        await app.StartAsync(TestSilos.Ceiling);

        using HttpClient http = new() { BaseAddress = new Uri(app.Urls.Single()) };
        using HttpResponseMessage accepted = await http.PostAsJsonAsync("/sums", new ParallelSum.Input(1, 30_000_000), TestSilos.Ceiling);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await app
            .Services.GetRequiredService<IComputeClient>()
            .GetJob(accepted.Headers.Location!.OriginalString.Split('/')[^1])
            .ResultAsync(TestSilos.Ceiling);
        JsonElement answer = await http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, TestSilos.Ceiling);
        Assert.Equal(450_000_015_000_000, answer.GetProperty("sum").GetInt64());

        await app.StopAsync(TestSilos.Ceiling);
        await silo.StopAsync(TestSilos.Ceiling);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
