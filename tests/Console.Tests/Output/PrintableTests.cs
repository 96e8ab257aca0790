using System.Globalization;
using OrleansWork.Console.Output;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain text, ünï©ode and 😀 too", "plain text, ünï©ode and 😀 too")]
    [InlineData("a\r\nb\tc", @"a\r\nb\tc")]
    [InlineData("\u001b[2Jgone", @"\u001b[2Jgone")]
    [InlineData("\u009b31m", @"\u009b31m")]
    [InlineData("\u007f\0", @"\u007f\u0000")]
    [InlineData("safe\u202egpj.exe", @"safe\u202egpj.exe")]
    [InlineData("\u2028\u200b", @"\u2028\u200b")]
    public void Escape_Text_HasNoControlCharacterLeft(string text, string expected) => Assert.Equal(expected, Printable.Escape(text));

    [Fact]
    public void Escape_EveryCharacter_LeavesNothingThatMovesTheCursor()
    {
        for (int code = 0; code <= char.MaxValue; code++)
        {
            string safe = Printable.Escape(((char)code).ToString());
            Assert.DoesNotContain(
                safe,
                c => char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format
            );
        }
    }
}
