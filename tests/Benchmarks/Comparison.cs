using System.Diagnostics;
using System.Globalization;

namespace OrleansWork.Benchmarks;

/// <summary>Two builds beside each other: both run at the same time and are measured in turn, so that whatever the machine does, it does to both.</summary>
/// <remarks>Of builds of the same source, pairs of rounds lie 10 % apart and their medians 2 %.</remarks>
internal static class Comparison
{
    /// <summary>Measures a round for each line of standard input, until that ends.</summary>
    public static async Task<int> RunRoundsAsync()
    {
        await using LeaseRounds rounds = await LeaseRounds.StartAsync(mergeLeases: false);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is not null)
        {
            LeaseRound round = await rounds.MeasureAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round.Calls} {round.Leases} {round.Micros}"));
        }

        return 0;
    }

    /// <summary>Measures this build beside another.</summary>
    /// <param name="other">The other build's program.</param>
    /// <param name="pairs">How many pairs of rounds count.</param>
    public static async Task<int> CompareAsync(string other, int pairs)
    {
        await using Build before = await Build.StartAsync(other);
        await using Build after = await Build.StartAsync(Environment.ProcessPath!);
        List<(LeaseRound Before, LeaseRound After)> measured = [];
        for (int pair = -LeaseRounds.WarmUp; pair < pairs; pair++)
        {
            bool isOtherFirst = pair % 2 == 0;
            LeaseRound first = await (isOtherFirst ? before : after).MeasureAsync();
            LeaseRound second = await (isOtherFirst ? after : before).MeasureAsync();
            if (pair < 0)
                continue;
            measured.Add(isOtherFirst ? (first, second) : (second, first));
            (LeaseRound was, LeaseRound now) = measured[^1];
            Console.WriteLine(
                $"  pair {pair + 1, 2}: before {was.Leases, 7:N0} leases/s ({was.Ratio:P0} of bare calls, {was.Micros:N1} µs), after {now.Leases, 7:N0} ({now.Ratio:P0}, {now.Micros:N1} µs)"
            );
        }

        Console.WriteLine($"median of after / before, {pairs} pairs of rounds, one lease a message:");
        Console.WriteLine($"  ratio to bare calls         {Median(pair => pair.After.Ratio / pair.Before.Ratio):N3}");
        Console.WriteLine($"  leases a second             {Median(pair => pair.After.Leases / pair.Before.Leases):N3}");
        Console.WriteLine($"  processor time of a lease   {Median(pair => pair.After.Micros / pair.Before.Micros):N3}");
        return 0;

        double Median(Func<(LeaseRound Before, LeaseRound After), double> of) => Repeated.Median([.. measured.Select(of)]);
    }

    /// <summary>A build that waits to be measured.</summary>
    private sealed class Build(Process process) : IAsyncDisposable
    {
        public static async Task<Build> StartAsync(string program)
        {
            ProcessStartInfo start = new(program, ["rounds"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
            Build build = new(Process.Start(start)!);
            await build.ReadAsync();
            return build;
        }

        public async Task<LeaseRound> MeasureAsync()
        {
            await process.StandardInput.WriteLineAsync();
            await process.StandardInput.FlushAsync();
            double[] figures = [.. (await ReadAsync()).Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture))];
            return new LeaseRound(figures[0], figures[1], figures[2]);
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private async Task<string> ReadAsync() =>
            await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("A build ended that was to be measured.");
    }
}
