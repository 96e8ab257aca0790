using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Where the programs of a local cluster are.</summary>
internal static class Programs
{
    /// <summary>Finds the silo: named by ORLEANSWORK_SILO, beside a published console, or where it was built with this console.</summary>
    /// <returns>The path of OrleansWork.Silo.dll.</returns>
    /// <exception cref="LocalClusterException">It is not there.</exception>
    public static string FindSilo() => Find("silo", "ORLEANSWORK_SILO", Path.Combine("silo", "OrleansWork.Silo.dll"), "SiloAssembly");

    /// <summary>Finds the store: named by ORLEANSWORK_STORE, beside a published console, or where it was built with this console.</summary>
    /// <returns>The path of OrleansWork.Store.dll.</returns>
    /// <exception cref="LocalClusterException">It is not there.</exception>
    public static string FindStore() => Find("store", "ORLEANSWORK_STORE", Path.Combine("store", "OrleansWork.Store.dll"), "StoreAssembly");

    /// <summary>Finds the <c>dotnet</c> that runs this process.</summary>
    public static string FindDotnet()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Path.GetFileName(Environment.ProcessPath) == name)
            return Environment.ProcessPath!;

        // The runtime is in ROOT/shared/Microsoft.NETCore.App/VERSION/.
        string beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }

    /// <summary>Prepares to start this same program with other arguments.</summary>
    public static ProcessStartInfo Self(params IEnumerable<string> arguments)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, typeof(Programs).Assembly.GetName().Name + ".dll");
        bool hosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        return new ProcessStartInfo(Environment.ProcessPath!, hosted ? [dll, .. arguments] : arguments) { UseShellExecute = false };
    }

    private static string Find(string what, string variable, string beside, string attribute)
    {
        string? built = typeof(Programs)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == attribute)
            ?.Value;
        string[] candidates =
        [
            .. Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? (string[])[named] : [],
            Path.Combine(AppContext.BaseDirectory, beside),
            .. built is null ? (string[])[] : [Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, built))],
        ];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new LocalClusterException(
                3,
                $"The {what}'s program was not found at {string.Join(" or ", candidates)}. Build it with 'dotnet build', or name it in {variable}."
            );
    }
}
