using Microsoft.Extensions.Hosting;

namespace OrleansWork.Engine.Execution;

/// <summary>Refuses the start of a silo whose kinds cannot be made, before anything of it starts.</summary>
/// <remarks>Outside of the construction of services: a constructor may ask for any of the silo's.</remarks>
internal sealed class KindVerifier(JobKindRegistry kinds, IUserCode userCode) : IHostedLifecycleService
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(30);
    private Task? _verified;

    /// <summary>Makes an instance of every kind, once however often it is called.</summary>
    /// <exception cref="JobKindDefinitionException">One cannot be made; the message says what of it is missing.</exception>
    public Task VerifyAsync() => _verified ??= kinds.VerifyAsync(userCode, Ceiling);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => VerifyAsync();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
