namespace OrleansWork.Silo.Settings;

/// <summary>The settings of the silo break rules; the process ends with <see cref="Hosting.SiloExit.BadSettings"/>.</summary>
/// <param name="problems">Every broken rule, each with the key's name.</param>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>Gets every broken rule.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
