using OrleansWork.Benchmarks;

return args switch
{
    ["worker", string membershipPort, string silo, string interval] => await BenchmarkSilo.RunWorkerAsync(
        int.Parse(membershipPort),
        int.Parse(silo),
        int.Parse(interval)
    ),
    ["overhead", ..] => await Overhead.RunAsync(),
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
    Console.Error.WriteLine("usage: [promises|overhead|units|values|spawning|policies|chunks]");
    return 2;
}
