namespace OrleansWork.Console.Output;

/// <summary>How a line of a screen is shown.</summary>
internal enum ScreenStyle
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>Bold.</summary>
    Bold,

    /// <summary>Dim.</summary>
    Dim,

    /// <summary>Dark on light.</summary>
    Reversed,
}

/// <summary>A line of a screen.</summary>
/// <param name="Text">The text, safe for a terminal and no wider than it.</param>
/// <param name="Style">How it is shown.</param>
internal readonly record struct ScreenLine(string Text, ScreenStyle Style = ScreenStyle.Plain);

/// <summary>How large a terminal is, in cells.</summary>
internal readonly record struct ScreenSize(int Width, int Height);
