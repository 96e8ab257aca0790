namespace OrleansWork.Console.Commands;

/// <summary>An option that says what it stands for when it is not given.</summary>
internal interface IDocumentedOption
{
    /// <summary>Gets what it means, in a few words.</summary>
    string Meaning { get; }

    /// <summary>Gets its default as users write it, or null.</summary>
    string? DefaultText { get; }
}
