using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansWork.Engine.Tests.Support;

/// <summary>Registers what <see cref="ServedKind"/> asks for.</summary>
public sealed class ServedServices : IJobServices
{
    public void ConfigureServices(IServiceCollection services, IConfiguration configuration) =>
        services
            .AddSingleton<ServedOnce>()
            .AddScoped<ServedPerJob>()
            .AddSingleton(new ServedSetting(configuration["Served:Greeting"] ?? "none"));
}

public sealed record ServedSetting(string Greeting);

/// <summary>One on each silo, with the host's logging and time.</summary>
public sealed class ServedOnce(ILogger<ServedOnce> logger, TimeProvider time) : IDisposable
{
    public static ConcurrentBag<ServedOnce> All { get; } = [];

    public bool IsDisposed { get; private set; }

    public string Use()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        All.Add(this);
        logger.LogDebug("used at {Time}", time.GetUtcNow());
        return "once";
    }

    public void Dispose() => IsDisposed = true;
}

/// <summary>One for each instance of a kind.</summary>
public sealed class ServedPerJob : IAsyncDisposable
{
    private static int _open;

    public ServedPerJob() => Interlocked.Increment(ref _open);

    public static int Open => Volatile.Read(ref _open);

    public ValueTask DisposeAsync()
    {
        Interlocked.Decrement(ref _open);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Says what its services say; the grain factory is the host's.</summary>
[JobKind("served")]
public sealed class ServedKind(ServedOnce once, ServedPerJob perJob, ServedSetting setting, IGrainFactory grains)
    : JobKind<ServedKind.Input, string>
{
    public sealed record Input(long Units = 3);

    public override long CountUnits(Input input) => input.Units;

    public override string RunUnit(Input input, long unit, UnitContext context) =>
        $"{once.Use()} {setting.Greeting} {perJob is not null} {grains is not null};";

    public override string Combine(string left, string right) => left == right ? left : left + right;
}

/// <summary>Asks for what nobody has.</summary>
[JobKind("unserved")]
internal sealed class UnservedKind(Bench bench) : JobKind<UnservedKind.Input, long>
{
    public sealed record Input;

    public override long CountUnits(Input input) => bench.Executions.Count;

    public override long RunUnit(Input input, long unit, UnitContext context) => 1;

    public override long Combine(long left, long right) => left;
}

/// <summary>Is never made.</summary>
[JobKind("endless-constructor")]
internal sealed class EndlessConstructorKind : JobKind<EndlessConstructorKind.Input, long>
{
    public static readonly ManualResetEventSlim Gate = new();

    public EndlessConstructorKind() => Gate.Wait(TimeSpan.FromMinutes(1));

    public sealed record Input;

    public override long CountUnits(Input input) => 1;

    public override long RunUnit(Input input, long unit, UnitContext context) => 1;

    public override long Combine(long left, long right) => left;
}

/// <summary>Cannot be ended.</summary>
[JobKind("endless-end")]
internal sealed class ThrowsAtItsEndKind : JobKind<ThrowsAtItsEndKind.Input, long>, IDisposable
{
    public sealed record Input;

    public override long CountUnits(Input input) => 1;

    public override long RunUnit(Input input, long unit, UnitContext context) => 1;

    public override long Combine(long left, long right) => left;

    public void Dispose() => throw new InvalidOperationException("not closed", new IOException("no disk"));
}
