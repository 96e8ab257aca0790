using System.Diagnostics;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>Asks a silo for something small again and again, and notes how long each answer took.</summary>
internal sealed class Bystander : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private readonly HttpClient _http;
    private readonly Uri _asked;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<TimeSpan> _took = [];
    private readonly List<string> _failures = [];
    private readonly Task _asking;

    /// <summary>Begins to ask.</summary>
    public Bystander(FaultCluster cluster, Uri asked)
    {
        (_http, _asked) = (cluster.Access.Http(), asked);
        _asking = Task.Run(AskAsync);
    }

    /// <summary>Ends, and adds what was found to the table.</summary>
    /// <param name="run">The row.</param>
    /// <param name="what">Beside what it asked.</param>
    /// <param name="limit">How long 99 of 100 answers may take.</param>
    public async Task TellAsync(FaultRun run, string what, TimeSpan limit)
    {
        await _ended.CancelAsync();
        await _asking;
        Assert.True(_took.Count > 0, $"No call was made beside {what}.");
        run.Measured($"{what}: status calls of a bystander, 99 of 100", _took.Order().ElementAt((int)(0.99 * _took.Count)), limit);
        run.Holds(
            $"{what}: all {_took.Count} of them answered",
            _failures.Count == 0 ? "all" : $"{_failures.Count} not: {_failures[0]}",
            _failures.Count == 0
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _asking;
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task AskAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            long asked = Stopwatch.GetTimestamp();
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(_asked);
                if (!answer.IsSuccessStatusCode)
                    _failures.Add($"{(int)answer.StatusCode}");
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                _failures.Add(exception.Message);
            }

            _took.Add(Stopwatch.GetElapsedTime(asked));
            await Task.Delay(s_pause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
