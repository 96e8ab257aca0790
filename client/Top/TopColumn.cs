namespace OrleansWork.Console.Top;

/// <summary>A column of a table on the screen.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Width">How wide it is at least, in cells: so that it stands still while its numbers change.</param>
/// <param name="Text">What it says of a row.</param>
/// <param name="Order">What rows are ordered by: a string, or a number, of which the largest comes first.</param>
internal sealed record TopColumn<T>(string Name, int Width, Func<T, string> Text, Func<T, IComparable?> Order)
{
    /// <summary>Gets whether it holds numbers, which stand at its right edge.</summary>
    public bool IsRight { get; init; } = true;

    /// <summary>Gets whether it gives room where there is too little, down to <see cref="Width"/>.</summary>
    public bool Yields { get; init; }
}
