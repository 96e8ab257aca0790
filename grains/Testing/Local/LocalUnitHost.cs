using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansWork.Testing;

/// <summary>What units of one thread see of the place they run at: this process.</summary>
internal sealed class LocalUnitHost : IUnitHost, IDisposable
{
    public const string LocalName = "local";
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(int.MaxValue);
    private readonly ILogger _logger;
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _job;
    private readonly UnitContext _context;
    private CancellationTokenSource? _unit;

    public LocalUnitHost(
        string kind,
        ulong seed,
        TimeSpan? timeout,
        IServiceProvider? services,
        CancellationToken job,
        ItemReader? items = null
    )
    {
        Items = items;
        (Seed, _timeout, _job) = (seed, timeout, job);
        _logger = services?.GetService<ILoggerFactory>()?.CreateLogger($"OrleansWork.Jobs.{kind}") ?? NullLogger.Instance;
        _context = new UnitContext(this);
    }

    public string JobId => LocalName;
    public ulong Incarnation => 0;
    public string Silo => LocalName;
    public ulong Seed { get; }
    public ItemReader? Items { get; }
    public CancellationToken CancellationToken => _unit?.Token ?? _job;

    /// <summary>Gets whether units stop because the job does.</summary>
    public bool JobIsCanceled => _job.IsCancellationRequested;

    /// <summary>Gets whether the present unit was told to stop for having run too long.</summary>
    public bool TimedOut => _unit is { IsCancellationRequested: true } && !JobIsCanceled;

    public UnitContext Begin(long unit, int attempt)
    {
        if (_timeout is { } timeout)
        {
            _unit?.Dispose();
            _unit = CancellationTokenSource.CreateLinkedTokenSource(_job);
            // A timer that fires after the longest time that it knows is no limit that a unit of this process would see.
            if (timeout <= LongestTimer)
                _unit.CancelAfter(timeout);
        }

        _context.MoveTo(unit, attempt);
        return _context;
    }

    public ILogger GetLogger(long unit, int attempt) => _logger;

    public void Progress(long unit, double fraction, string? message) { }

    public void Dispose() => _unit?.Dispose();
}
