using System.Globalization;
using System.Text.Json;
using OrleansWork.SystemTests.Processes;

namespace OrleansWork.SystemTests;

/// <summary><c>wordcount</c> on three silo processes beside a count by find and perl.</summary>
public sealed class WordCountTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    private const string Licences = "/usr/share/common-licenses";

    // Reads names of files, prints "total distinct files bytes" and then every word with its count. Case is folded letter by letter: upper
    // case and then lower, where each is one letter.
    private const string Counter = """
        use strict; my (%count, $total, $files, $bytes);
        while (my $name = <STDIN>) {
          chomp $name;
          open(my $file, '<:raw', $name) or die "$name: $!";
          local $/; my $text = <$file>; $text = '' unless defined $text;
          $files++; $bytes += length $text;
          utf8::decode($text) or die "$name is not UTF-8";
          while ($text =~ /([\p{L}\p{Nd}][\p{L}\p{Nd}\p{M}]*)/g) {
            my $word = join '', map { my $u = uc; $u = $_ if length $u > 1; my $l = lc $u; length $l > 1 ? $u : $l } split //, $1;
            $total++; $count{$word}++;
          }
        }
        binmode STDOUT, ':utf8';
        print join(' ', $total, scalar(keys %count), $files, $bytes), "\n";
        print "$count{$_} $_\n" for sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
        """;

    [LinuxFact]
    public Task TextOfThisRepository_AgreesWithPerl()
    {
        string root = OwnProject.Root();
        return CompareAsync(
            ["docs", "*.md", "grains/**/*.cs", "silo/**/*.cs", "client/**/*.cs", "tests/**/*.cs"],
            root,
            "{ find docs -type f; find . -maxdepth 1 -name '*.md'; find grains silo client tests -name '*.cs'; } | sort -u"
        );
    }

    [LinuxFact]
    public Task LicencesOfDebian_AgreeWithPerl()
    {
        Assert.SkipUnless(Directory.Exists(Licences), $"There is no {Licences} on this machine.");
        return CompareAsync(["."], Licences, "find -L . -type f");
    }

    /// <summary>Compares everything that both say.</summary>
    private async Task CompareAsync(IEnumerable<string> patterns, string folder, string list)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/perl"), "There is no perl to count with.");
        string script = Path.Combine(silos.Cluster.Directory, "count.pl");
        await File.WriteAllTextAsync(script, Counter);
        await using RunningProgram perl = RunningProgram.StartProgram("sh", ["-c", $"cd '{folder}' && {list} | perl '{script}'"]);
        Assert.True(await perl.ExitCodeAsync() == 0, perl.Error);
        string[] expected = perl.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        await using RunningProgram run = RunningProgram.Start(
            Programs.Console,
            [
                "run",
                "wordcount",
                .. patterns.SelectMany(pattern => (string[])["--paths", Path.Combine(folder, pattern)]),
                "--top",
                "1000000",
                // Small parts: most files are cut.
                "--block",
                "5000",
                "--json",
                "--data",
                silos.Cluster.Directory,
            ]
        );
        Assert.True(await run.ExitCodeAsync() == 0, run.Error);
        JsonElement job = JsonElement.Parse(run.Output);
        JsonElement result = job.GetProperty("result");
        long[] totals = [.. ((string[])["total", "distinct", "files", "bytes"]).Select(name => result.GetProperty(name).GetInt64())];
        Assert.Equal(expected[0], string.Join(' ', totals.Select(total => total.ToString(CultureInfo.InvariantCulture))));
        Assert.Equal(
            expected[1..].Order(StringComparer.Ordinal),
            result
                .GetProperty("words")
                .EnumerateArray()
                .Select(word => $"{word.GetProperty("count").GetInt64()} {word.GetProperty("word").GetString()}")
                .Order(StringComparer.Ordinal)
        );
        Assert.True(totals[0] > 10_000, expected[0]);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{folder}: {totals[0]} words, {totals[1]} different ones, in {totals[2]} files; both agree on all of them"
        );
    }
}
