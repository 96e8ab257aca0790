using System.Text;
using System.Text.Json;
using OrleansWork.Engine.Tests.Support;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class JobTests : IAsyncLifetime
{
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() => _silos = await TestSilos.StartAsync(3);

    public ValueTask DisposeAsync() => _silos.DisposeAsync();

    [Theory]
    [InlineData("random")]
    [InlineData("round-robin")]
    [InlineData("least-loaded")]
    [InlineData("adaptive")]
    public async Task Run_EveryPlacement_GivesTheExactResultFromAllSilos(string placement)
    {
        JobOptions options = JsonSerializer.Deserialize<JobOptions>($$"""{"placement":"{{placement}}"}""", OrleansWorkJson.Payloads)!;
        JobHandle job = await _silos.Client.SubmitAsync(
            "synthetic",
            Encoding.UTF8.GetBytes("""{"units":600,"microseconds":2000}"""),
            options,
            cancellationToken: TestSilos.Ceiling
        );
        JobResult result = await job.ResultAsync(TestSilos.Ceiling);
        JobDetails details = await job.GetDetailsAsync(TestSilos.Ceiling);

        using JsonDocument document = JsonDocument.Parse(result.Content);
        Assert.Equal(600, document.RootElement.GetProperty("units").GetInt64());
        Assert.Equal(599L * 600 / 2, document.RootElement.GetProperty("checksum").GetInt64());
        Assert.Equal(JobState.Succeeded, details.State);
        Assert.Equal(600, details.Units.Done);
        Assert.Equal(600, details.Silos.Sum(silo => silo.Units));
        Assert.Equal(3, details.Silos.Count(silo => silo.Units > 0));
    }
}
