using OrleansWork.Protocol;

namespace OrleansWork.Engine.Execution;

/// <summary>Runs user code that belongs to no unit under guards, on threads of its own: units never make it wait.</summary>
internal interface IUserCode
{
    /// <summary>Runs work on a service thread.</summary>
    /// <exception cref="UserCodeException">The work threw; the failure says what.</exception>
    Task<T> RunAsync<T>(string what, Func<T> work, CancellationToken cancellationToken);

    /// <summary>Runs asynchronous work on the service threads.</summary>
    /// <exception cref="UserCodeException">The work threw; the failure says what.</exception>
    Task<T> RunAsync<T>(string what, Func<Task<T>> work, CancellationToken cancellationToken);
}
