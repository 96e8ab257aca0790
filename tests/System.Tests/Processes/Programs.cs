using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansWork.SystemTests.Processes;

/// <summary>The programs under test, as built with these tests.</summary>
internal static class Programs
{
    public static string Dotnet { get; } =
        Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")
        );

    public static string Console => Built("ConsoleAssembly");

    public static string Silo => Built("SiloAssembly");

    public static string Store => Built("StoreAssembly");

    /// <summary>Gets the start-up hook that disturbs a silo's connections; not a program.</summary>
    public static string ConnectionFaults => Built("ConnectionFaultsAssembly");

    /// <summary>Gets the tests of the engine, which are a program too.</summary>
    public static string EngineTests => Built("EngineTestsAssembly");

    /// <summary>Gets the tests of what kinds are written with.</summary>
    public static string ValueTests => Built("ValueTestsAssembly");

    private static string Built(string key) =>
        Path.GetFullPath(
            Path.Combine(
                AppContext.BaseDirectory,
                typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!
            )
        );
}
