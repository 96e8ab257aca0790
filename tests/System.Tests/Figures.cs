namespace OrleansWork.SystemTests;

/// <summary>What tests have measured, for people to read: a diagnostic message, and a line of the file that <c>ORLEANSWORK_FIGURES</c> names.</summary>
internal static class Figures
{
    private static readonly Lock s_gate = new();

    /// <summary>Says one.</summary>
    public static void Say(string figure)
    {
        TestContext.Current.SendDiagnosticMessage(figure);
        if (Environment.GetEnvironmentVariable("ORLEANSWORK_FIGURES") is not { Length: > 0 } file)
            return;
        lock (s_gate)
            File.AppendAllText(file, figure + Environment.NewLine);
    }
}
