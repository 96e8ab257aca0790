using System.Text;
using CsCheck;
using OrleansWork.Console.Output;
using OrleansWork.Console.Top;
using Xunit;

namespace OrleansWork.Console.Tests.Top;

public sealed class TopStateTests
{
    [Theory]
    [InlineData("\u001b[A", nameof(TopKeyKind.Up))]
    [InlineData("\u001bOB", nameof(TopKeyKind.Down))]
    [InlineData("\u001b[5~", nameof(TopKeyKind.PageUp))]
    [InlineData("\u001b[6~", nameof(TopKeyKind.PageDown))]
    [InlineData("\u001b[H", nameof(TopKeyKind.Home))]
    [InlineData("\u001b[4~", nameof(TopKeyKind.End))]
    [InlineData("\u001b", nameof(TopKeyKind.Escape))]
    [InlineData("\t", nameof(TopKeyKind.Tab))]
    [InlineData("\r", nameof(TopKeyKind.Enter))]
    [InlineData("\u007f", nameof(TopKeyKind.Backspace))]
    [InlineData("\u0003", nameof(TopKeyKind.Interrupt))]
    public void Read_WhatATerminalSends_IsTheKey(string sent, string key) =>
        Assert.Equal(key, Assert.Single(TopKey.Read(Encoding.UTF8.GetBytes(sent))).Kind.ToString());

    [Fact]
    public void Read_SeveralAtOnce_AreAllRead_AndOthersLeftOut() =>
        Assert.Equal(
            [new(TopKeyKind.Character, "ä"), new(TopKeyKind.Up), new(TopKeyKind.Character, "q")],
            TopKey.Read("ä\u001b[A\u001b[1;5P\u0001\u001bxq"u8)
        );

    [Fact]
    public void Read_AnyBytes_EndsAndGivesNoControlCharacter() =>
        Gen
            .Byte.Array[0, 40]
            .Sample(bytes =>
                TopKey.Read(bytes).All(key => (key.Kind == TopKeyKind.Character) == (key.Text.Length > 0) && !key.Text.Any(char.IsControl))
            );

    [Fact]
    public void Press_S_GoesThroughAllColumnsAndTheOrderOfTheCluster()
    {
        TopState state = Press(new TopState(), "s");
        Assert.Equal(new TopView(0), state.Silos);
        for (int i = 1; i < TopColumns.Silos.Count; i++)
            state = Press(state, "s");
        Assert.Equal(TopColumns.Silos.Count - 1, state.Silos.Sort);
        Assert.Null(Press(state, "s").Silos.Sort);
        Assert.Equal(state.Silos, Press(new TopState(), "S").Silos);
        Assert.True(Press(state, "r").Silos.Reversed);
        Assert.Equal(new TopView(), state.Jobs);
    }

    [Fact]
    public void Press_AfterTab_IsAboutJobs()
    {
        TopState state = Press(new TopState(), "\ts");
        Assert.Equal((0, null), (state.Jobs.Sort, state.Silos.Sort));
        Assert.Equal(1, Press(state, "j").Jobs.First);
        Assert.Equal(0, Press(state, "jkkk").Jobs.First);
        Assert.Equal(int.MaxValue, Press(state, "\u001b[Fj").Jobs.First);
    }

    [Fact]
    public void Press_Slash_TakesTextUntilEnter_AndEscapeShowsAll()
    {
        TopState state = Press(new TopState(), "/qsé\u007fx");
        Assert.Equal(("qsx", true), (state.Filter, state.IsTyping));
        Assert.Null(state.End);
        state = Press(state, "\r");
        Assert.Equal(("qsx", false), (state.Filter, state.IsTyping));
        Assert.Equal("", Press(state, "\u001b").Filter);
        Assert.False(Press(new TopState(), "/ab\u001b").IsTyping);
        Assert.Equal(64, Press(new TopState(), "/" + new string('a', 100)).Filter.Length);
    }

    [Theory]
    [InlineData("q", nameof(TopEnd.Quit))]
    [InlineData("\u0003", nameof(TopEnd.Interrupted))]
    [InlineData("/ab\u0003", nameof(TopEnd.Interrupted))]
    [InlineData("?\u0003", nameof(TopEnd.Interrupted))]
    [InlineData("?qq", nameof(TopEnd.Quit))]
    public void Press_KeysThatLeave_SayHow(string keys, string end) => Assert.Equal(end, Press(new TopState(), keys).End.ToString());

    [Fact]
    public void Model_Paused_StandsStill_AndGoesOnWithTheNewest()
    {
        TopModel model = new();
        Assert.Single(model.Draw(new ScreenSize(80, 24)));
        TopSample first = TopFrameTests.Sample();
        model.Take(first);
        model.Take(new TopKey(TopKeyKind.Character, "p"));
        model.Take(first with { At = first.At.AddSeconds(5) });
        Assert.EndsWith("paused at 03:04:05Z", model.Draw(new ScreenSize(80, 24))[0].Text, StringComparison.Ordinal);
        model.Take("no answer");
        Assert.Equal("no answer", model.Draw(new ScreenSize(80, 24))[^1].Text);
        model.Take(new TopKey(TopKeyKind.Character, "p"));
        Assert.EndsWith(" 03:04:10Z", model.Draw(new ScreenSize(80, 24))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_ScrolledBeyondTheEnd_ComesBackAtOnce()
    {
        TopModel model = new();
        model.Take(TopFrameTests.Sample());
        model.Take(new TopKey(TopKeyKind.End));
        model.Draw(new ScreenSize(80, 24));
        Assert.Equal(0, model.State.Silos.First);
    }

    private static TopState Press(TopState state, string keys) =>
        TopKey.Read(Encoding.UTF8.GetBytes(keys)).Aggregate(state, (before, key) => before.Press(key));
}
