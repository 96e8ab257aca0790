using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansWork;

/// <summary>Registers what the constructors of the job kinds in its assembly ask for. Implemented by a public class with a public constructor without parameters.</summary>
/// <remarks>
/// It is called once on each silo that loads the assembly, before the silo starts; several such classes of one assembly are called in the order
/// of their names. What they register lives in a container of the assembly's own and ends with the silo; an instance of a kind, which serves one
/// job on one silo, is made from a scope of its own. <see cref="Microsoft.Extensions.Logging.ILogger{TCategoryName}"/>, <see cref="TimeProvider"/>
/// and <see cref="IConfiguration"/> are those of the silo, unless they are registered here; a kind's constructor may also ask for any other
/// service of the silo. <c>LocalRunner</c> and <c>JobKindChecks</c> use it where they are given no services.
/// </remarks>
/// <example>
/// <code>
/// public sealed class MyServices : IJobServices
/// {
///     public void ConfigureServices(IServiceCollection services, IConfiguration configuration) =>
///         services.AddHttpClient("catalogue", client => client.BaseAddress = new Uri(configuration["Catalogue:Url"]!));
/// }
/// </code>
/// </example>
public interface IJobServices
{
    /// <summary>Registers services.</summary>
    /// <param name="services">What has the silo's logging, time, configuration and options already.</param>
    /// <param name="configuration">
    /// The silo's configuration: its appsettings.json, its environment (<c>Catalogue__Url</c>) and what else its host reads, without the section
    /// <c>OrleansWork</c>, which is the silo's own and may hold passwords. <c>LocalRunner</c> has the environment alone.
    /// </param>
    void ConfigureServices(IServiceCollection services, IConfiguration configuration);
}
