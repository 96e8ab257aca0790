using System.Reflection;
using System.Text;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using OrleansWork.Protocol;

namespace OrleansWork.Client.Tests;

public sealed class ComputeClientTests
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(30);

    private readonly ArmedTime _time = new();
    private readonly FakeJobGrain _grain = new();

    [Theory]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(OrleansMessageRejectionException))]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(ConnectionFailedException))]
    public async Task Status_SiloLostForAMinute_IsAnsweredInTheEnd(Type failure)
    {
        DateTimeOffset back = _time.GetUtcNow() + TimeSpan.FromSeconds(60);
        _grain.OnStatus = (_, _) =>
            _time.GetUtcNow() < back ? throw Make(failure) : new StatusReply(1, FakeJobGrain.Status("j", JobState.Running), null);

        JobStatus status = await RunAsync(Client().GetJob("j").GetStatusAsync());

        Assert.Equal(JobState.Running, status.State);
        Assert.True(_grain.Calls > 10, $"{_grain.Calls} calls");
    }

    [Fact]
    public async Task Status_NothingAnswers_FailsAfterTheBoundWithTheLastCause()
    {
        _grain.OnStatus = (_, _) => throw new SiloUnavailableException("all gone");
        DateTimeOffset start = _time.GetUtcNow();

        RequestException exception = await Assert.ThrowsAnyAsync<RequestException>(() => RunAsync(Client().GetJob("j").GetStatusAsync()));

        Assert.Equal(ErrorReason.Unavailable, exception.Reason);
        Assert.Contains("all gone", exception.Message, StringComparison.Ordinal);
        Assert.InRange((_time.GetUtcNow() - start).TotalSeconds, 90, 100);
    }

    [Fact]
    public async Task Call_RefusedForGood_IsNotRepeated()
    {
        _grain.OnStatus = (_, _) => new StatusReply(0, null, new Refusal(ErrorReason.NotFound, "There is no job j.", []));

        RequestException exception = await Assert.ThrowsAnyAsync<RequestException>(() => RunAsync(Client().GetJob("j").GetStatusAsync()));

        Assert.Equal(ErrorReason.NotFound, exception.Reason);
        Assert.Equal(1, _grain.Calls);
    }

    [Fact]
    public async Task Call_Busy_IsRepeatedUnlessTheOptionsSayNo()
    {
        int left = 3;
        _grain.OnControl = () =>
            left-- > 0
                ? new DocumentReply(null, new Refusal(ErrorReason.Busy, "busy", []))
                : new DocumentReply(FakeJobGrain.Status("j", JobState.Canceled), null);
        Assert.Equal(JobState.Canceled, (await RunAsync(Client().GetJob("j").CancelAsync())).State);

        left = 3;
        ComputeClientOptions passOn = new() { RetryBusy = false };
        RequestException exception = await Assert.ThrowsAnyAsync<RequestException>(() =>
            RunAsync(Client(passOn).GetJob("j").CancelAsync())
        );
        Assert.Equal(ErrorReason.Busy, exception.Reason);
    }

    [Fact]
    public async Task Submit_Repeated_SendsTheSameIdAndInputAndSaysSo()
    {
        List<SubmitRequest> requests = [];
        _grain.OnSubmit = request =>
        {
            requests.Add(request);
            return requests.Count < 3
                ? throw new TimeoutException()
                : new SubmitReply(Created: false, FakeJobGrain.Status("j", JobState.Queued), null);
        };

        JobHandle<long> job = await RunAsync(Client().SubmitAsync(new JobKindRef<Pair, long>("pairs"), new Pair(1, null)));

        Assert.Matches("^[0-9a-f]{16}$", job.Id);
        Assert.Equal(3, requests.Count);
        Assert.All(requests, request => Assert.Equal(requests[0], request with { IsRepeated = false }));
        Assert.Equal([false, true, true], requests.Select(request => request.IsRepeated));
        Assert.Equal("""{"left":1,"right":null}""", Encoding.UTF8.GetString(requests[0].InputJson.Span));
    }

    [Fact]
    public async Task Submit_EndsEverySiloThatTakesIt_IsGivenUpAndSaysSo()
    {
        int sent = 0;
        _grain.OnSubmit = _ =>
        {
            sent++;
            throw new SiloUnavailableException("gone");
        };

        RequestException exception = await Assert.ThrowsAnyAsync<RequestException>(() =>
            RunAsync(Client().SubmitAsync(new JobKindRef<Pair, long>("pairs"), new Pair(1, null)))
        );

        Assert.Equal((ErrorReason.Refused, 4), (exception.Reason, sent));
        Assert.Contains("4 silos ended while they took the submission", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_OptionsOutOfRange_AreRefusedBeforeAnyCall()
    {
        RequestException exception = await Assert.ThrowsAnyAsync<RequestException>(() =>
            Client().SubmitAsync("pairs", "{}"u8.ToArray(), new JobOptions { Priority = 11 })
        );

        Assert.Equal(ErrorReason.WrongInput, exception.Reason);
        Assert.Equal("priority", Assert.Single(exception.Problems).Field);
        Assert.Equal(0, _grain.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void GetJob_NotAnId_IsRefused(string id) =>
        Assert.Equal(ErrorReason.WrongInput, Assert.ThrowsAny<RequestException>(() => Client().GetJob(id)).Reason);

    [Fact]
    public async Task Watch_LongPoll_YieldsEachChangeOnceAndEndsWithTheTerminalOne()
    {
        Queue<StatusReply> replies = new([
            Reply(4, JobState.Queued),
            Reply(4, JobState.Queued),
            Reply(5, JobState.Running),
            Reply(9, JobState.Succeeded),
        ]);
        List<long> known = [];
        _grain.OnStatus = (sequence, wait) =>
        {
            known.Add(sequence);
            Assert.True(wait <= TimeSpan.FromSeconds(2));
            return replies.Dequeue();
        };

        List<JobState> seen = await RunAsync(CollectAsync());

        Assert.Equal([JobState.Queued, JobState.Running, JobState.Succeeded], seen);
        Assert.Equal([-1, 4, 4, 5], known);

        async Task<List<JobState>> CollectAsync()
        {
            List<JobState> states = [];
            await foreach (JobStatus status in Client().GetJob("j").WatchAsync())
                states.Add(status.State);
            return states;
        }
    }

    [Fact]
    public async Task Result_InPieces_IsPutTogether()
    {
        byte[] whole = [.. Enumerable.Range(0, 2_500).Select(i => (byte)i)];
        _grain.OnStatus = (_, _) => Reply(1, JobState.Succeeded);
        _grain.OnResult = offset => new ResultReply(
            whole.Length,
            "application/octet-stream",
            whole[(int)offset..Math.Min(whole.Length, (int)offset + 1000)],
            null
        );

        JobResult result = await RunAsync(Client().GetJob("j").ResultAsync());

        Assert.Equal(whole, result.Content);
        Assert.Equal("application/octet-stream", result.MediaType);
    }

    [Fact]
    public async Task Results_InSeveralAnswers_AreReadByTheirCursorWithErrorsInTheirPlace()
    {
        List<long> cursors = [];
        _grain.OnStatus = (_, _) => Reply(1, JobState.Failed);
        _grain.OnUnitResults = (cursor, inOrder) =>
        {
            Assert.True(inOrder);
            cursors.Add(cursor);
            UnitError error = new(1, "FormatException", "bad digit", "s1");
            return cursor switch
            {
                0 => new UnitResultsReply(3, Batch(0, 2), [error], End: false, null),
                3 when cursors.Count < 3 => new UnitResultsReply(3, [], [], End: false, null),
                3 => new UnitResultsReply(4, Batch(3), [], End: false, null),
                _ => new UnitResultsReply(4, [], [], End: true, null),
            };
        };

        List<string> seen = [];
        await Assert.ThrowsAsync<JobFailedException>(() => RunAsync(CollectAsync()));

        Assert.Equal(["0: 0", "1: bad digit", "2: 20", "3: 30"], seen);
        Assert.Equal([0, 3, 3, 4], cursors);

        async Task<int> CollectAsync()
        {
            await foreach (UnitResult<int> result in new JobHandle<int>(Client().GetJob("j")).UnitResultsAsync())
                seen.Add(
                    $"{result.Unit}: {result.Error?.Message ?? result.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)}"
                );
            return seen.Count;
        }

        // The distance from the unit after the last one, zigzag; the length; the JSON.
        static byte[] Batch(params long[] units)
        {
            List<byte> bytes = [];
            long next = 0;
            foreach (long unit in units)
            {
                byte[] json = System.Text.Encoding.UTF8.GetBytes($"{unit * 10}");
                bytes.AddRange([(byte)((unit - next) * 2), (byte)json.Length, .. json]);
                next = unit + 1;
            }

            return [.. bytes];
        }
    }

    [Theory]
    [InlineData(JobState.Failed, typeof(JobFailedException))]
    [InlineData(JobState.Canceled, typeof(JobCanceledException))]
    public async Task Result_OfAJobWithout_ThrowsItsStatus(JobState state, Type type)
    {
        _grain.OnStatus = (_, _) => Reply(1, state);

        JobEndedException exception = await Assert.ThrowsAnyAsync<JobEndedException>(() => RunAsync(Client().GetJob("j").ResultAsync()));

        Assert.IsType(type, exception);
        Assert.IsAssignableFrom<OrleansWorkException>(exception);
        Assert.Equal(state, exception.Status.State);
    }

    [Theory]
    [InlineData(ErrorReason.NotFound, typeof(RequestRefusedException))]
    [InlineData(ErrorReason.Conflict, typeof(RequestRefusedException))]
    [InlineData(ErrorReason.Refused, typeof(RequestRefusedException))]
    [InlineData(ErrorReason.Unavailable, typeof(ClusterUnreachableException))]
    public void Refusal_OfAGrain_IsTheTypeThatBelongsToItsReason(ErrorReason reason, Type type)
    {
        RequestException exception = GrainCalls.AsException(new Refusal(reason, "Not so.", []));

        Assert.IsType(type, exception);
        Assert.Equal((reason, "Not so."), (exception.Reason, exception.Message));
    }

    [Fact]
    public async Task GetJob_OfAKind_HasItsResultWithTheType()
    {
        JobKindRef<Pair, long> kind = new(FakeJobGrain.KindName);
        _grain.OnStatus = (_, _) => Reply(1, JobState.Succeeded);
        _grain.OnResult = _ => new ResultReply(2, "application/json", "42"u8.ToArray(), null);

        JobHandle<long> job = ((IComputeClient)Client()).GetJob(kind, "j");

        Assert.Equal(42, await RunAsync(job.ResultAsync()));
        Assert.Equal("42"u8.ToArray(), (await RunAsync(((JobHandle)job).ResultAsync())).Content);
        Assert.Equal(JobState.Succeeded, (await RunAsync(job.GetStatusAsync())).State);
    }

    [Fact]
    public async Task GetJob_OfAnotherKind_RefusesItsResults()
    {
        JobKindRef<Pair, long> kind = new("another");
        _grain.OnStatus = (_, _) => Reply(1, JobState.Succeeded);
        _grain.OnResult = _ => new ResultReply(2, "application/json", "42"u8.ToArray(), null);
        JobHandle<long> job = ((IComputeClient)Client()).GetJob(kind, "j");

        RequestRefusedException result = await Assert.ThrowsAsync<RequestRefusedException>(() => RunAsync(job.ResultAsync()));
        RequestRefusedException units = await Assert.ThrowsAsync<RequestRefusedException>(async () =>
        {
            await foreach (UnitResult<long> unit in job.UnitResultsAsync())
                Assert.Fail($"There is {unit}.");
        });

        Assert.Equal(ErrorReason.Conflict, result.Reason);
        Assert.StartsWith($"Job j is of kind {FakeJobGrain.KindName}, not another", result.Message, StringComparison.Ordinal);
        Assert.Equal(result.Message, units.Message);
    }

    [Fact]
    public async Task Result_OfAMapJob_IsRefusedByTheHandleWithAType()
    {
        _grain.OnStatus = (_, _) => Reply(1, JobState.Succeeded);
        _grain.OnResult = _ => new ResultReply(-1, "application/x-ndjson", [], null);
        _grain.OnUnitResults = (_, _) => new UnitResultsReply(0, [], [], End: true, null);

        RequestRefusedException refused = await Assert.ThrowsAsync<RequestRefusedException>(() =>
            RunAsync(new JobHandle<byte[]>(Client().GetJob("j")).ResultAsync())
        );

        Assert.Contains("read them by UnitResultsAsync", refused.Message, StringComparison.Ordinal);
        Assert.True((await RunAsync(Client().GetJob("j").ResultAsync())).IsOfUnits);
    }

    [Fact]
    public async Task Call_TokenCanceled_EndsTheWaiting()
    {
        _grain.OnStatus = (_, _) => throw new TimeoutException();
        using CancellationTokenSource token = new();
        Task<JobStatus> call = Client().GetJob("j").GetStatusAsync(token.Token);

        await token.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Ceiling));
    }

    private static StatusReply Reply(long sequence, JobState state) => new(sequence, FakeJobGrain.Status("j", state), null);

    private ComputeClient Client(ComputeClientOptions? options = null) =>
        new(FakeGrains.With(_grain), options ?? new ComputeClientOptions(), _time);

    /// <summary>Lets the clock run to the end of each wait that the call arms, until the call has ended.</summary>
    private async Task<T> RunAsync<T>(Task<T> call)
    {
        while (!call.IsCompleted)
        {
            Task<TimeSpan> armed = _time.NextWaitAsync();
            if (await Task.WhenAny(call, armed).WaitAsync(Ceiling) == armed)
                _time.Advance(await armed);
        }

        return await call;
    }

    private static Exception Make(Type failure) =>
        (Exception)
            Activator.CreateInstance(
                failure,
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic,
                binder: null,
                args: ["lost"],
                culture: null
            )!;

    private sealed record Pair(int Left, int? Right);
}
