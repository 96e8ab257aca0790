using System.Text;
using Xunit;

namespace OrleansWork.Console.Tests;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("'caf\\xe9.txt'", "run", "exec", "--items", "caf\uFFFD.txt")]
    [InlineData("--items 'caf\\xe9.txt'", "run", "exec", "--items", "caf\uFFFD.txt")]
    [InlineData("'--items=caf\\xe9.txt'", "run", "exec", "--items=caf\uFFFD.txt")]
    [InlineData("'caf\\xe9.txt'", "show", "caf\uFFFD.txt")]
    [InlineData("--reason 'caf\\xe9.txt'", "cancel", "j1", "--reason", "caf\uFFFD.txt")]
    public async Task Word_ThatIsNoText_IsRefusedAsItWasTyped(string expected, params string[] arguments)
    {
        using ConsoleRun run = new()
        {
            RawArguments =
            [
                .. new[] { "orleanswork" }.Concat(arguments).Select(word => Encoding.Latin1.GetBytes(word.Replace('\uFFFD', '\u00E9'))),
            ],
        };
        Assert.Equal(2, await run.RunAsync(arguments));
        Assert.StartsWith("error: ", run.ErrorLine, StringComparison.Ordinal);
        Assert.Contains($"{expected} is not UTF-8 text", run.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(run.Cluster.Submitted);
    }

    [Fact]
    public async Task Word_WithAReplacementCharacterThatWasTyped_IsText()
    {
        string[] arguments = ["run", "exec", "--command", "echo", "--items", "\uFFFD", "--detach"];
        using ConsoleRun run = new() { RawArguments = [.. new[] { "dotnet", "o.dll" }.Concat(arguments).Select(Encoding.UTF8.GetBytes)] };
        Assert.Equal(0, await run.RunAsync(arguments));
        Assert.Contains("\uFFFD", Assert.Single(run.Cluster.Submitted).Input, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\uFFFD")]
    [InlineData("a\uD800b")]
    public async Task Word_WhereTheSystemDoesNotSay_IsRefusedWhenItMayBeMangled(string item)
    {
        using ConsoleRun run = new();
        Assert.Equal(2, await run.RunAsync("run", "exec", "--command", "echo", "--items", item));
        Assert.Contains("--items", run.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_ThisProcess_IsWhatTheRuntimeHas()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc.");
        string[] words = [.. CommandWords.Raw()!.Select(Encoding.UTF8.GetString)];
        Assert.Equal(Environment.GetCommandLineArgs()[1..], words[^(Environment.GetCommandLineArgs().Length - 1)..]);
    }
}
