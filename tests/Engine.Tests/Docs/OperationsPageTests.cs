using System.Globalization;
using System.Reflection;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>What docs/operations.md says of options is so, and nobody is told to use a namespace of the engine.</summary>
public sealed class OperationsPageTests
{
    private static readonly string Page = Pages.Read("docs", "operations.md");

    [Theory]
    [InlineData(typeof(EngineOptions))]
    [InlineData(typeof(CoordinatorOptions))]
    [InlineData(typeof(ComputeClientOptions))]
    public void Page_HasEveryOptionWithItsDefault(Type options)
    {
        string section = (string)options.GetField("Section")!.GetValue(null)!;
        string table = Page[Page.IndexOf($"`{section}`, how", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("\n\n", table.IndexOf("|---|", StringComparison.Ordinal), StringComparison.Ordinal)];
        string[] rows = [.. table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        object defaults = Activator.CreateInstance(options)!;
        PropertyInfo[] all = options.GetProperties(BindingFlags.Instance | BindingFlags.Public);
        Assert.Equal(all.Select(option => option.Name), rows.Select(row => row.Split('`')[1]));
        foreach ((PropertyInfo option, string row) in all.Zip(rows))
        {
            object? value = option.GetValue(defaults);
            string shown = value switch
            {
                IDictionary<string, string> => "",
                TimeSpan duration => $"`{Duration.Format(duration)}`",
                bool flag => flag ? "`true`" : "`false`",
                _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
            };
            Assert.Equal(shown, row.Split('|')[2].Trim());
        }
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/jobs.md")]
    [InlineData("docs/hosting.md")]
    public void Samples_UseNoNamespaceOfTheEngine(string page)
    {
        string text = Pages.Read(page.Split('/'));
        Assert.DoesNotContain("using OrleansWork.Engine", text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "OrleansWork.Engine.",
            text.Replace("OrleansWork.Engine.csproj", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }
}
