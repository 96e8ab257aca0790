using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansWork.SystemTests.Processes;

/// <summary>The console on a terminal that no person looks at; it is made by <c>script</c>, which every Linux has.</summary>
internal sealed class PseudoTerminal : IAsyncDisposable
{
    private readonly RunningProgram _program;
    private readonly string _folder;

    private PseudoTerminal(RunningProgram program, string folder) => (_program, _folder) = (program, folder);

    /// <summary>Gets all that was written to it.</summary>
    public string Output => _program.Output;

    /// <summary>Gets the process id of the console.</summary>
    public int ProgramId => int.Parse(Read("pid"), CultureInfo.InvariantCulture);

    /// <summary>Gets whether the terminal is in the same mode after the console as before it.</summary>
    public bool IsAsBefore => Read("before") is { Length: > 0 } before && before == Read("after");

    /// <summary>Starts the console on a terminal of a size.</summary>
    public static PseudoTerminal Start(int columns, int rows, IEnumerable<string> arguments)
    {
        string folder = Directory.CreateTempSubdirectory("ow-pty-").FullName;
        string program = string.Join(' ', ((string[])[Programs.Dotnet, Programs.Console, .. arguments]).Select(word => $"'{word}'"));
        string script = Path.Combine(folder, "run.sh");
        File.WriteAllText(
            script,
            $"""
            cd '{folder}'
            tty > tty
            stty cols {columns} rows {rows}
            stty -g > before
            sh -c 'echo $$ > pid; exec "$@"' sh {program}
            echo $? > code
            stty -g > after
            """.ReplaceLineEndings("\n")
        );
        return new PseudoTerminal(RunningProgram.StartProgram("script", ["-qfec", $"sh {script}", "/dev/null"], ("TERM", "xterm")), folder);
    }

    /// <summary>Presses keys.</summary>
    public void Type(string keys) => _program.Type(keys);

    /// <summary>Makes the terminal another size, as its window would.</summary>
    public async Task ResizeAsync(int columns, int rows)
    {
        await using RunningProgram resize = RunningProgram.StartProgram(
            "stty",
            ["-F", Read("tty"), "cols", columns.ToString(CultureInfo.InvariantCulture), "rows", rows.ToString(CultureInfo.InvariantCulture)]
        );
        Assert.Equal(0, await resize.ExitCodeAsync());
    }

    /// <summary>Waits until a text was written to it.</summary>
    public Task ShowsAsync(string text) =>
        Eventually.TrueAsync(() => Output.Contains(text, StringComparison.Ordinal), () => Regex.Escape(Output), what: text);

    /// <summary>Waits for the end of the console.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitCodeAsync()
    {
        await _program.ExitCodeAsync();
        return int.Parse(Read("code"), CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Read(string file) => File.ReadAllText(Path.Combine(_folder, file)).Trim();
}
