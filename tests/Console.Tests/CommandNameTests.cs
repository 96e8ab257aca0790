using Xunit;

namespace OrleansWork.Console.Tests;

public sealed class CommandNameTests
{
    [Theory]
    [InlineData("dotnet run --project client --", "/a/orleanswork", "dotnet run --project client -- up --detach")]
    [InlineData("dotnet run --project '/a b/client' --", "/a/orleanswork", "/usr/bin/dotnet run --project /a\u00a0b/client -- up")]
    [InlineData("orleanswork", "/a/orleanswork", "bash -c -- up")]
    [InlineData("orleanswork", "/a/orleanswork", "")]
    [InlineData("dotnet /a/orleanswork.dll", "/usr/bin/dotnet", "bash")]
    public void Of_HowItWasStarted_IsWhatAUserTypes(string expected, string process, string parent)
    {
        string[] words = [.. parent.Split(' ').Select(word => word.Replace('\u00a0', ' '))];
        Assert.Equal(expected, CommandName.Of(words, process, "/a/orleanswork.dll"));
    }
}
