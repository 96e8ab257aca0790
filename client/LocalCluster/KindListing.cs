using System.Diagnostics;
using System.Text.Json;

namespace OrleansWork.Console.LocalCluster;

/// <summary>Asks the silo's program, not a running silo, which job kinds a local cluster has.</summary>
internal static class KindListing
{
    /// <summary>Lists the ready-made kinds and those of <paramref name="jobs"/>; takes about a second, a project is built first.</summary>
    /// <param name="jobs">Assemblies, folders and projects with job kinds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LocalClusterException">The program is not there, or one of the paths has no kinds; the message is the program's.</exception>
    public static async Task<IReadOnlyList<KindStatus>> AskAsync(IEnumerable<string> jobs, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(
            Programs.FindDotnet(),
            [Programs.FindSilo(), "--list-kinds", .. jobs.SelectMany(job => (string[])["--jobs", Path.GetFullPath(job)])]
        )
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process silo = Process.Start(start)!;
        try
        {
            Task<string> error = silo.StandardError.ReadToEndAsync(cancellationToken);
            string output = await silo.StandardOutput.ReadToEndAsync(cancellationToken);
            await silo.WaitForExitAsync(cancellationToken);
            if (silo.ExitCode == 0)
                return JsonSerializer.Deserialize<Page<KindStatus>>(output, OrleansWorkJson.Documents)!.Items;
            throw new LocalClusterException(silo.ExitCode == 2 ? 2 : 3, (await error).TrimEnd());
        }
        catch (OperationCanceledException)
        {
            silo.Kill(entireProcessTree: true);
            throw;
        }
    }
}
