using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Builds the project of job kinds that somebody is working on.</summary>
internal static class ProjectBuild
{
    private const int MaxErrors = 15;

    /// <summary>Returns whether a path is that of a project file.</summary>
    public static bool IsProject(string path) => Path.GetExtension(path) is ".csproj" or ".fsproj" or ".vbproj" && File.Exists(path);

    /// <summary>Builds a project in Release with the SDK beside the runtime; leaves no process behind.</summary>
    /// <returns>The path of its assembly.</returns>
    /// <exception cref="ProjectBuildException">It does not build; the message has what the compiler said.</exception>
    public static async Task<string> BuildAsync(string project, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = CreateStart(project);
        using Process build = Process.Start(start) ?? throw new ProjectBuildException($"{start.FileName} could not be started.");
        try
        {
            build.StandardInput.Close();
            Task<string> output = build.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = build.StandardError.ReadToEndAsync(cancellationToken);
            await build.WaitForExitAsync(cancellationToken);
            string said = (await output).Trim();
            string path = said.Split('\n')[^1].Trim();
            if (build.ExitCode == 0 && File.Exists(path))
                return path;
            throw new ProjectBuildException($"'dotnet build' failed:{Environment.NewLine}{Summarize($"{said}\n{await errors}")}");
        }
        finally
        {
            if (!build.HasExited)
                build.Kill(entireProcessTree: true);
        }
    }

    private static ProcessStartInfo CreateStart(string project)
    {
        string dotnet = Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")
        );
        ProcessStartInfo start = new(
            File.Exists(dotnet) ? dotnet : "dotnet",
            [
                "build",
                project,
                "-c",
                "Release",
                "-nologo",
                "-v",
                "quiet",
                "-tl:off",
                "-nodeReuse:false",
                // A compiler server would outlive the cluster; analyzers are for whoever writes the project, not for running it.
                "-p:UseSharedCompilation=false",
                "-p:RunAnalyzers=false",
                "-t:Build",
                "-getProperty:TargetPath",
            ]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Its own global.json counts, not that of the folder somebody happens to be in.
            WorkingDirectory = Path.GetDirectoryName(project)!,
        };

        // Where this process was itself started by the SDK, these name that SDK's files.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        return start;
    }

    // The compiler's lines, each once and without the project's name at its end; all there is when there are none.
    private static string Summarize(string said)
    {
        string[] lines = [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        string[] errors = [.. lines.Where(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)).Select(WithoutProject).Distinct()];
        IEnumerable<string> shown = errors.Length > 0 ? errors.Take(MaxErrors) : lines.TakeLast(MaxErrors);
        string more = errors.Length > MaxErrors ? $"{Environment.NewLine}  … and {errors.Length - MaxErrors} more" : "";
        return string.Join(Environment.NewLine, shown.Select(l => "  " + l)) + more;
    }

    private static string WithoutProject(string line) =>
        line.EndsWith(']') && line.LastIndexOf(" [", StringComparison.Ordinal) is > 0 and int at ? line[..at] : line;
}
