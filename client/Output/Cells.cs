using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>Text by the cells that it takes on a terminal.</summary>
internal static class Cells
{
    /// <summary>Returns how many a text takes.</summary>
    public static int Of(string text) => new Segment(text).CellCount();

    /// <summary>Cuts a text to so many cells; an ellipsis says that it was cut.</summary>
    public static string Fit(string text, int cells)
    {
        if (Of(text) <= cells)
            return text;
        StringBuilder head = new();
        int used = 1;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            used += Of(element);
            if (used > cells)
                break;
            head.Append(element);
        }

        return cells > 0 ? head.Append('…').ToString() : "";
    }

    /// <summary>Fills a text up to so many cells at its end.</summary>
    public static string Pad(string text, int cells) => text + new string(' ', Math.Max(0, cells - Of(text)));

    /// <summary>Fills a text up to so many cells at its beginning.</summary>
    public static string PadLeft(string text, int cells) => new string(' ', Math.Max(0, cells - Of(text))) + text;
}
