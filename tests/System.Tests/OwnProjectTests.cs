using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary><c>--jobs</c>: kinds that others wrote, and what a silo says of those it cannot load.</summary>
public sealed class OwnProjectTests(OwnProject project) : IClassFixture<OwnProject>
{
    private static readonly TimeSpan BuildCeiling = TimeSpan.FromMinutes(3);

    [SlowFact]
    public async Task RunLocal_ProjectOfTheDocs_PrintsWhatTheDocsSay()
    {
        Assert.Equal("run mykind --jobs ./MyKind.csproj --local 3 --size 5", string.Join(' ', project.Command.Arguments));
        await using RunningProgram run = RunningProgram.StartIn(project.Directory, Programs.Console, project.Command.Arguments);
        Assert.True(await run.ExitCodeAsync(BuildCeiling) == 0, run.Error);
        Assert.Equal(project.Command.Output, run.Output.Trim());
        Assert.Contains("5 units", run.Error, StringComparison.Ordinal);
    }

    [SlowFact]
    public async Task Silo_FolderOfAssemblies_StartsWithTheirKinds()
    {
        await project.BuildAsync();
        await using RunningProgram silo = StartSilo(Path.GetDirectoryName(project.Assembly)!, project.Assembly);
        await Eventually.TrueAsync(() => silo.Output.Contains("ready {", StringComparison.Ordinal) || silo.HasExited, () => silo.Error);
        Assert.False(silo.HasExited, silo.Error);

        // What a silo has loaded may be built again under it.
        await File.WriteAllBytesAsync(project.Assembly, await File.ReadAllBytesAsync(project.Assembly));
        silo.Signal(Signals.Terminate);
        Assert.Equal(0, await silo.ExitCodeAsync());
    }

    [SlowFact]
    public async Task KindDefinedTwice_StopsTheStartAndNamesBothFiles()
    {
        await project.BuildAsync();
        string copy = Path.Combine(project.Folder, "copy", "MyKind.dll");
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(project.Assembly, copy, overwrite: true);
        await using RunningProgram silo = StartSilo(project.Assembly, copy);
        await ExpectRefusalAsync(silo, $"in {project.Assembly} ", $"in {copy}", "mykind version 1");

        await using RunningProgram up = RunningProgram.Start(
            Programs.Console,
            ["up", "--silos", "1", "--data", Path.Combine(project.Folder, "data"), "--jobs", project.Assembly, "--jobs", copy]
        );
        await ExpectRefusalAsync(up, project.Assembly, copy, "mykind version 1");
    }

    [SlowFact]
    public async Task ReadyMadeKindDefinedAgain_StopsTheStart()
    {
        string copy = Path.Combine(project.Folder, "again", "Copy.dll");
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(Path.Combine(Path.GetDirectoryName(Programs.Silo)!, "OrleansWork.Jobs.dll"), copy);
        await using RunningProgram silo = StartSilo(copy);
        await ExpectRefusalAsync(silo, $"{Path.DirectorySeparatorChar}OrleansWork.Jobs.dll", copy, "primes version 1");
    }

    [SlowFact]
    public async Task ProjectThatDoesNotCompile_IsRefusedWithTheCompilersLines()
    {
        string folder = Write("broken", await ProjectAsync(), "public class Broken { int Number => \"text\"; }");
        await using RunningProgram run = RunningProgram.StartIn(
            folder,
            Programs.Console,
            ["run", "broken", "--jobs", "./broken.csproj", "--local", "1"]
        );
        await ExpectRefusalAsync(run, "broken.csproj", "Source.cs(1,", "error CS0029");
        Assert.Equal(1, run.Error.Split("CS0029").Length - 1);
    }

    [SlowFact]
    public async Task AssemblyWithoutAKind_IsRefused()
    {
        string client = Path.Combine(Path.GetDirectoryName(Programs.Silo)!, "OrleansWork.Client.dll");
        await using RunningProgram silo = StartSilo(client);
        await ExpectRefusalAsync(silo, client, "no public class that derives from JobKind");
    }

    [SlowFact]
    public async Task FolderOfAProject_IsRefusedAndTheProjectIsNamed()
    {
        string folder = Write("folder", "<Project />", "");
        await using RunningProgram silo = StartSilo(folder);
        await ExpectRefusalAsync(silo, Path.Combine(folder, "folder.csproj"), "no assembly that references OrleansWork.Abstractions");
    }

    private static RunningProgram StartSilo(params IEnumerable<string> jobs) =>
        RunningProgram.Start(
            Programs.Silo,
            [
                "--silo-port",
                "0",
                "--gateway-port",
                "0",
                "--urls",
                "http://127.0.0.1:0",
                .. jobs.SelectMany(path => (string[])["--jobs", path]),
            ]
        );

    private static async Task ExpectRefusalAsync(RunningProgram program, params IEnumerable<string> words)
    {
        int exitCode = await program.ExitCodeAsync(BuildCeiling);
        Assert.True(exitCode == 2, $"{exitCode}: {program.Error}");
        Assert.All(words, word => Assert.Contains(word, program.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", program.Error, StringComparison.Ordinal);
        Assert.Empty(program.Output);
    }

    private Task<string> ProjectAsync() => File.ReadAllTextAsync(Path.Combine(project.Directory, "MyKind.csproj"));

    /// <summary>Writes a project of one source file beside the one of the docs.</summary>
    private string Write(string name, string projectFile, string source)
    {
        string folder = Path.Combine(project.Folder, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), projectFile);
        File.WriteAllText(Path.Combine(folder, "Source.cs"), source);
        return folder;
    }
}
