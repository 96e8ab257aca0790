using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;
using OrleansWork.Engine.Execution;
using OrleansWork.Engine.Telemetry;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

/// <summary>A pool without Orleans: its coordinators are a fake that describes jobs and takes reports, or does not.</summary>
internal sealed class PoolHarness : ICoordinatorLink, IAsyncDisposable
{
    public static readonly SiloAddress Coordinator = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);
    public static readonly SiloAddress Self = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 2), 2);
    private readonly ConcurrentDictionary<string, JobDescription> _jobs = new(StringComparer.Ordinal);
    private readonly UserCode _userCode;
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public PoolHarness(Action<EngineOptions>? configure = null, TimeProvider? time = null)
    {
        EngineOptions options = new() { Slots = 2 };
        configure?.Invoke(options);
        Assert.Empty(new EngineOptionsValidator().Validate(null, options).Failures ?? []);
        Assert.Empty(new ConfiguredOptions<EngineOptions>(EngineOptions.Section, null).Validate(null, options).Failures ?? []);
        ServiceProvider services = new ServiceCollection().AddSingleton(Probe).BuildServiceProvider();
        Registry = new JobKindRegistry(Kinds.Select(JobKindDescriptor.FromType), services, Options.Create(options));
        _userCode = new UserCode(options);
        Vitals = new SiloVitals(options, time ?? TimeProvider.System);
        Pool = new ComputePool(
            Options.Create(options),
            Registry,
            new JobInstances(_userCode, Options.Create(options), time ?? TimeProvider.System, NullLogger<JobInstances>.Instance),
            this,
            _userCode,
            Vitals,
            Self,
            time ?? TimeProvider.System,
            NullLogger<ComputePool>.Instance,
            new SiloInstruments(_meters.GetRequiredService<IMeterFactory>())
        );
        Pool.Start();
    }

    public static Type[] Kinds { get; } =
    [
        typeof(SpinKind),
        typeof(GatedKind),
        typeof(FloatMixKind),
        typeof(FaultyKind),
        typeof(BulkyKind),
        typeof(UncombinableKind),
        typeof(WaitingKind),
        typeof(StuckKind),
        typeof(TracesKind),
        typeof(RareTracesKind),
        typeof(AsyncTracesKind),
        typeof(BlockingKind),
        typeof(ProcessKind),
        typeof(BlockingSlotKind),
    ];

    public Probe Probe { get; } = new();
    public ComputePool Pool { get; }
    public JobKindRegistry Registry { get; }
    public SiloVitals Vitals { get; }
    public ConcurrentQueue<ReportBatch> Reports { get; } = new();
    public ConcurrentQueue<UnitNote> Notes { get; } = new();
    public ConcurrentQueue<BeginRequest> Begun { get; } = new();

    public Func<BeginRequest, Task<bool>> OnBegin { get; set; } = _ => Task.FromResult(true);

    /// <summary>Gets or sets what the coordinator says to a report.</summary>
    public Func<ReportBatch, Task<bool>> OnReport { get; set; } = _ => Task.FromResult(true);

    public Func<string, Task>? OnDescribe { get; set; }
    public int Described;

    public void AddJob(string id, string kind, object input, long units, ulong seed = 7, TimeSpan unitTimeout = default) =>
        _jobs[id] = new JobDescription(
            kind,
            1,
            units,
            seed,
            JsonSerializer.SerializeToUtf8Bytes(input, input.GetType(), OrleansWorkJson.Payloads),
            (long)unitTimeout.TotalMicroseconds
        );

    public JobDescription Describe(string id) => _jobs[id];

    public Task<ReportBatch> Run(
        string job,
        long from,
        long to,
        double budgetMs = 60_000,
        long number = 1,
        int epoch = 1,
        int attempt = 1,
        int weight = 5,
        int roundTripMicros = 0,
        bool quick = false
    ) => RunMany(job, [new Lease(number, from, to, (long)(budgetMs * 1000), attempt)], epoch, weight, roundTripMicros, quick);

    public Task<ReportBatch> RunMany(
        string job,
        Lease[] leases,
        int epoch = 1,
        int weight = 5,
        int roundTripMicros = 0,
        bool quick = false
    ) =>
        Pool.RunAsync(new LeaseBatch(job, 1, epoch, Coordinator, weight, roundTripMicros, quick, [.. leases]), mayRunHere: true)
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Reads an instrument of this pool by its class.</summary>
    public IReadOnlyDictionary<string, int> Measure(string instrument)
    {
        Dictionary<string, int> read = [];
        object factory = _meters.GetRequiredService<IMeterFactory>();
        using MeterListener listener = new()
        {
            InstrumentPublished = (published, asked) =>
            {
                if (published.Name == instrument && published.Meter.Scope == factory)
                    asked.EnableMeasurementEvents(published);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => read[(string)tags[0].Value!] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    public void Control(string job, LeaseSignal action, int epoch = 1, bool ended = false, params LeaseName[] leases) =>
        Pool.Control(new ControlRequest(job, 1, epoch, action, [.. leases], ended));

    public bool Clear(string job, int epoch = 1) => Pool.Clear(new ClearRequest(job, 1, epoch));

    public ImmutableArray<HeldLease> Held => Pool.HeldLeases().TryGetValue(Coordinator, out ImmutableArray<HeldLease> held) ? held : [];

    public static async Task Until(Func<bool> condition, string what, double seconds = 30)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start).TotalSeconds > seconds)
                Assert.Fail($"Waited {seconds} s for: {what}");
            await Task.Delay(1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TaskCompletionSource gate in Probe.Gates.Values)
            gate.TrySetResult();
        await Pool.DisposeAsync();
        _userCode.Dispose();
        await _meters.DisposeAsync();
    }

    async Task<JobDescription?> ICoordinatorLink.GetDescriptionAsync(string jobId, ulong incarnation)
    {
        Interlocked.Increment(ref Described);
        if (OnDescribe is { } wait)
            await wait(jobId);
        return _jobs.GetValueOrDefault(jobId);
    }

    async Task<bool> ICoordinatorLink.ReportAsync(ReportBatch batch)
    {
        bool taken = await OnReport(batch);
        if (taken)
            Reports.Enqueue(batch);
        return taken;
    }

    Task<bool> ICoordinatorLink.BeginsAsync(string jobId, BeginRequest request)
    {
        Begun.Enqueue(request);
        return OnBegin(request);
    }

    Task ICoordinatorLink.NoteAsync(string jobId, UnitNotes notes)
    {
        foreach (UnitNote note in notes.Notes)
            Notes.Enqueue(note);
        return Task.CompletedTask;
    }
}
