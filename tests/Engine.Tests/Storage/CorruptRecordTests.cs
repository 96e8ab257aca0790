using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Storage;

/// <summary>A job whose stored record is damaged fails alone, and says so.</summary>
public sealed class CorruptRecordTests : IAsyncLifetime
{
    private readonly string _bench = Guid.NewGuid().ToString("N");
    private readonly Errors _errors = new();
    private TestSilos _silos = null!;

    public async ValueTask InitializeAsync() =>
        _silos = await TestSilos.StartAsync(
            2,
            jobs: jobs => jobs.AddJob<HeldKind>(),
            host: silo => silo.Services.AddSingleton<ILoggerProvider>(_errors)
        );

    public async ValueTask DisposeAsync()
    {
        Bench.Of(_bench).Gate.Set();
        await _silos.DisposeAsync();
        _errors.Dispose();
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut")]
    [InlineData("foreign")]
    public async Task Record_Damaged_FailsThatJobAndNoOther(string damage)
    {
        JobHandle damaged = await SubmitAsync("damaged");
        JobHandle other = await SubmitAsync("other");
        _silos.Storage.Change("manifest/ow-job/damaged", bytes => Damage(bytes, damage));
        await _silos.Cluster.DeactivateAsync(_silos.Cluster.Client.GetGrain<IJobGrain>("damaged"));

        RequestException refused = await Assert.ThrowsAnyAsync<RequestException>(() => damaged.GetStatusAsync(TestSilos.Ceiling));
        Assert.Equal(ErrorReason.Refused, refused.Reason);
        Assert.Contains("Job damaged cannot be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains("corrupt", refused.Message, StringComparison.Ordinal);
        JobSummary? listed = null;
        await _silos.UntilAsync(
            async () => (listed = await ListedAsync("damaged")) is { State: JobState.Failed },
            $"the damaged job is listed as failed, not as {listed}"
        );
        Assert.Equal("CorruptRecord", listed!.Error?.Type);
        Assert.Contains("Job damaged failed: The stored manifest damaged is corrupt", listed.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(_errors.Lines, line => line.Contains("Job damaged", StringComparison.Ordinal));

        // The other one runs to its end, lists go on, and so do submissions.
        Bench.Of(_bench).Gate.Set();
        JobHandle next = await SubmitAsync("next");
        foreach (JobHandle job in (JobHandle[])[other, next])
            Assert.Equal("190", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));
        Page<JobSummary> page = await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling);
        Assert.Equal(["damaged", "next", "other"], page.Items.Select(job => job.Id).Order());
        RequestException taken = await Assert.ThrowsAnyAsync<RequestException>(() => SubmitAsync("damaged"));
        Assert.Contains("damaged", taken.Message, StringComparison.Ordinal);
    }

    private static byte[] Damage(byte[] bytes, string damage)
    {
        switch (damage)
        {
            case "flipped":
                // In the middle of the content, which a checksum covers.
                bytes[bytes.Length / 2] ^= 0x55;
                return bytes;
            case "cut":
                return bytes[..(bytes.Length / 2)];
            default:
                return "this is no document"u8.ToArray();
        }
    }

    private Task<JobHandle> SubmitAsync(string id) =>
        _silos.Client.SubmitAsync("held", Encoding.UTF8.GetBytes($$"""{"bench":"{{_bench}}"}"""), null, id, TestSilos.Ceiling);

    private async Task<JobSummary?> ListedAsync(string id) =>
        (await _silos.Client.ListJobsAsync(new JobQuery(), TestSilos.Ceiling)).Items.FirstOrDefault(job => job.Id == id);

    private sealed class Errors : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => [.. _lines];

        public ILogger CreateLogger(string categoryName) => new ErrorLog(_lines);

        public void Dispose() { }

        private sealed class ErrorLog(ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(
                LogLevel logLevel,
                EventId eventId,
                TState state,
                Exception? exception,
                Func<TState, Exception?, string> formatter
            )
            {
                if (logLevel >= LogLevel.Error)
                    lines.Enqueue(formatter(state, exception));
            }
        }
    }
}
