using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using OrleansWork.Silo.Reporting;

namespace OrleansWork.Silo.Tests.Reporting;

public sealed class JobReportTests
{
    private const string Opens = "id=\"report\">";

    [Fact]
    public async Task Report_OfMoreThanItHolds_HasTheNewestAndSaysWhatItLeavesOut()
    {
        (byte[] file, JsonElement data) = await WriteAsync(new LargeJob(leases: 60_000, failures: 1_000, lines: 300));

        Assert.True(file.Length <= 10_000_000, $"{file.Length} bytes");
        long[] numbers =
        [
            .. data.GetProperty("leases")
                .EnumerateArray()
                .SelectMany(static page => page.GetProperty("columns").GetProperty("number").EnumerateArray())
                .Select(static number => number.GetInt64())
                .Order(),
        ];
        Assert.Equal((50_000, 10_000L, 59_999L), (numbers.Length, numbers[0], numbers[^1]));
        Assert.Equal(500, data.GetProperty("job").GetProperty("failures").GetArrayLength());
        Assert.Equal(200, data.GetProperty("log").GetProperty("items").GetArrayLength());
        Assert.Equal(300, data.GetProperty("log").GetProperty("items")[0].GetProperty("number").GetInt64());
        string[] cuts = [.. data.GetProperty("cuts").EnumerateArray().Select(static cut => cut.GetString()!)];
        Assert.Equal(["500 of 1000 failed units", "leases before the newest 50000"], cuts);
    }

    [Fact]
    public async Task Report_OfFewLeases_LeavesNothingOut()
    {
        (_, JsonElement data) = await WriteAsync(new LargeJob(leases: 10_000, failures: 1, lines: 0));

        Assert.Empty(data.GetProperty("cuts").EnumerateArray());
        Assert.Equal(1, data.GetProperty("leases").GetArrayLength());
    }

    private static async Task<(byte[] File, JsonElement Data)> WriteAsync(JobHandle job)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        JobReport report = await JobReport.ReadAsync(job, DateTimeOffset.UnixEpoch, token);
        using MemoryStream file = new();
        await report.WriteAsync(PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true)), token);
        string html = Encoding.UTF8.GetString(file.ToArray());
        int from = html.IndexOf(Opens, StringComparison.Ordinal) + Opens.Length;
        return (file.ToArray(), JsonElement.Parse(html[from..html.IndexOf("</script>", from, StringComparison.Ordinal)]));
    }
}
