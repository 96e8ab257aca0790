using Microsoft.Playwright;

namespace OrleansWork.PageTests.Browsing;

/// <summary>How a page is seen.</summary>
/// <param name="Scheme">What the system prefers.</param>
/// <param name="Width">The width of the window in CSS pixels.</param>
internal sealed record Look(ColorScheme Scheme, int Width)
{
    private const int Narrow = 390;

    /// <summary>Gets how most tests see it.</summary>
    public static Look Usual { get; } = new(ColorScheme.Dark, 1440);

    /// <summary>Gets a phone.</summary>
    public static Look Phone { get; } = new(ColorScheme.Dark, Narrow);

    /// <summary>Gets those in which the main views are looked at.</summary>
    public static IReadOnlyList<Look> All { get; } = [Usual, new(ColorScheme.Light, Usual.Width), new(ColorScheme.Light, Narrow), Phone];

    /// <summary>Gets the two in which every other state is looked at: both schemes and both widths are among them.</summary>
    public static IReadOnlyList<Look> Corners { get; } = [Usual, new(ColorScheme.Light, Narrow)];

    /// <summary>Gets the height of the window.</summary>
    public int Height => Width < 600 ? 844 : 900;

    /// <inheritdoc/>
    public override string ToString() => $"{(Scheme == ColorScheme.Dark ? "dark" : "light")}-{Width}";
}
