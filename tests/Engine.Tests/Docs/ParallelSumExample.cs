// As an author writes it, for the console.
#pragma warning disable CA1849, VSTHRD103
namespace OrleansWork.Engine.Tests.Docs;

/// <summary>What the README does with <see cref="ParallelSum"/>, line by line.</summary>
internal static class ParallelSumExample
{
    public static async Task RunAsync(IComputeClient client, TextWriter output)
    {
        JobHandle<long> job = await client.SubmitAsync(ParallelSum.Kind, new ParallelSum.Input(From: 1, To: 2_000_000_000));
        output.WriteLine(await job.ResultAsync());

        JobDetails done = await job.GetDetailsAsync();
        output.WriteLine($"{done.Units.Done} units on {done.Silos.Count} silos");
    }
}
