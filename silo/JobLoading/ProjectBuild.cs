using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansWork.Silo.JobLoading;

/// <summary>Builds the project of job kinds that somebody is working on.</summary>
internal static class ProjectBuild
{
    /// <summary>Builds a project in Release with the SDK beside the runtime.</summary>
    /// <returns>The path of its assembly.</returns>
    /// <exception cref="ProjectBuildException">It does not build; the message has what the compiler said.</exception>
    public static async Task<string> BuildAsync(string project, CancellationToken cancellationToken)
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
                "-t:Build",
                "-getProperty:TargetPath",
            ]
        )
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process build = Process.Start(start) ?? throw new ProjectBuildException($"{start.FileName} could not be started.");
        try
        {
            build.StandardInput.Close();
            Task<string> output = build.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = build.StandardError.ReadToEndAsync(cancellationToken);
            await build.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            string said = (await output.ConfigureAwait(false)).Trim();
            string path = said.Split('\n')[^1].Trim();
            if (build.ExitCode == 0 && File.Exists(path))
                return path;
            throw new ProjectBuildException(
                $"'dotnet build' failed:{Environment.NewLine}{said}{Environment.NewLine}{await errors.ConfigureAwait(false)}".TrimEnd()
            );
        }
        finally
        {
            if (!build.HasExited)
                build.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>A project does not build.</summary>
internal sealed class ProjectBuildException(string message) : Exception(message);
