using System.Diagnostics;
using OrleansWork.ConnectionFaults;

/// <summary>What the runtime looks for in an assembly that DOTNET_STARTUP_HOOKS names: called before the program's own Main.</summary>
internal static class StartupHook
{
    private const string RulesFile = "ORLEANSWORK_CONNECTION_FAULTS";

    /// <summary>Waits for the host to be built, to put the faults before its connections.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(RulesFile) is { Length: > 0 } file)
            DiagnosticListener.AllListeners.Subscribe(new HostListener(new FaultRules(file)));
    }
}
