using OrleansWork.Benchmarks;

return args switch
{
    ["worker", string membershipPort, string silo, string interval] => await BenchmarkSilo.RunWorkerAsync(
        int.Parse(membershipPort),
        int.Parse(silo),
        int.Parse(interval)
    ),
    ["overhead", ..] => await Overhead.RunAsync(),
    ["rounds"] => await Comparison.RunRoundsAsync(),
    ["compare", string other] => await Comparison.CompareAsync(other, pairs: 20),
    ["compare", string other, string pairs] => await Comparison.CompareAsync(other, int.Parse(pairs)),
    ["units", ..] => await Units.RunAsync(),
    ["promises", ..] => await Promises.RunAsync(),
    ["values", ..] => await Values.RunAsync(),
    ["spawning", ..] => await Spawning.RunAsync(),
    ["policies", ..] => await Choosing.PoliciesAsync(),
    ["chunks", ..] => await Choosing.ChunksAsync(),
    [] => Math.Max(await Promises.RunAsync(), Math.Max(await Overhead.RunAsync(), await Units.RunAsync())),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: [compare PROGRAM [PAIRS]|promises|overhead|units|values|spawning|policies|chunks]");
    return 2;
}
