namespace OrleansWork;

/// <summary>One reason why an input cannot be worked with.</summary>
/// <param name="Field">The input's field in camelCase, or an empty string for the input as a whole.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public readonly record struct InputProblem(string Field, string Message)
{
    internal static IEnumerable<InputProblem> FromAnnotations(object? input) => Annotations.Check(input);
}
