using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests.Faults.Driver;

/// <summary>The next version of the silo and of <see cref="RecordedWork"/>: this source with fields added to stored and wire records, built once per run.</summary>
internal static class NextVersion
{
    private static readonly TimeSpan BuildCeiling = TimeSpan.FromMinutes(4);
    private static readonly string s_root = OwnProject.Root();
    private static readonly string s_artifacts = Path.Combine(s_root, "artifacts", "next");
    private static readonly Lock s_gate = new();
    private static Task? s_built;

    /// <summary>Gets the silo's program.</summary>
    public static string Silo { get; } = Built("OrleansWork.Silo");

    /// <summary>Gets the assembly with the next version of the kind.</summary>
    public static string Kinds { get; } = Built("OrleansWork.NextVersion");

    /// <summary>Gets what the next version writes into every manifest that it stores.</summary>
    public static ReadOnlySpan<byte> StoredMark => "stored by the next version"u8;

    /// <summary>Builds it unless that was done; seconds where it is up to date.</summary>
    public static Task BuildAsync()
    {
        lock (s_gate)
            return s_built ??= BuildOnceAsync();
    }

    private static string Built(string project) => Path.Combine(s_artifacts, "bin", project, "debug", $"{project}.dll");

    private static async Task BuildOnceAsync()
    {
        string source = Path.Combine(s_root, "tests", "NextVersion");
        await using RunningProgram build = RunningProgram.StartIn(
            source,
            "build",
            [
                .. (string[])["-nologo", "-v", "q", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false"],
                .. (string[])[$"-p:ArtifactsPath={s_artifacts}", "-p:AssemblyVersion=0.2.0.0", $"-p:AddedSources={source}"],
            ]
        );
        Assert.True(await build.ExitCodeAsync(BuildCeiling) == 0, build.Output + build.Error);
    }
}
