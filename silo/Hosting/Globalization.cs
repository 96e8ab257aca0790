using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansWork.Silo.Hosting;

/// <summary>Which cultures job code finds: those of ICU where its libraries are installed, otherwise the invariant one only.</summary>
/// <remarks>
/// The runtime ends a process that should use ICU and does not find it. So the process looks itself, before anything asks for a culture, and does
/// without. <c>DOTNET_SYSTEM_GLOBALIZATION_INVARIANT</c>, 1 or 0, decides instead. What runs starts with the invariant culture either way, whatever
/// the machine's locale: results do not depend on it.
/// </remarks>
internal static partial class Globalization
{
    private const string Variable = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";
    private const string Switch = "System.Globalization.Invariant";

    /// <summary>Gets whether there are cultures beside the invariant one.</summary>
    public static bool HasCultures { get; private set; }

    /// <summary>Decides; the first thing that a process does.</summary>
    public static void Start()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } && !HasIcu())
            AppContext.SetSwitch(Switch, isEnabled: true);
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        HasCultures = CultureInfo.GetCultures(CultureTypes.SpecificCultures).Length > 1;
    }

    private static bool HasIcu()
    {
        // Part of the system there.
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
            return true;
        try
        {
            return LoadIcu() != 0;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another runtime than this was written for: without ICU nothing fails that does not ask for it.
            return false;
        }
    }

    // What the runtime itself asks before it gives up.
    [LibraryImport("libSystem.Globalization.Native", EntryPoint = "GlobalizationNative_LoadICU")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LoadIcu();
}
