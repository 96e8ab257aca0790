namespace OrleansWork.Engine.Execution;

/// <summary>Tells whoever runs the silo what was found about kinds while their jobs ran, each finding once a silo.</summary>
internal sealed class KindFindings
{
    /// <summary>Is raised with the kind's name and a sentence for its author; by any thread.</summary>
    public event Action<string, string>? Found;

    /// <summary>Tells of a finding.</summary>
    public void Add(string kind, string sentence) => Found?.Invoke(kind, sentence);
}
