using System.Text;

namespace OrleansWork.Checks;

/// <summary>Shows values in one line of a message.</summary>
internal static class Text
{
    private const int Longest = 120;

    public static string Of(string text) => text.Length <= Longest ? text : $"{text.AsSpan(0, Longest)}… ({text.Length} characters)";

    public static string Of(byte[] utf8) => Of(Encoding.UTF8.GetString(utf8));

    public static string OfBytes(byte[] bytes) =>
        bytes.Length <= Longest / 2
            ? $"0x{Convert.ToHexString(bytes)}"
            : $"0x{Convert.ToHexString(bytes.AsSpan(0, Longest / 2))}… ({bytes.Length} bytes)";
}
