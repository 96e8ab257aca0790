using System.ComponentModel.DataAnnotations;
using OrleansWork.Engine.Execution;
using OrleansWork.Values;

namespace OrleansWork;

/// <summary>How a silo performs work.</summary>
public sealed class EngineOptions
{
    /// <summary>The section of the configuration that sets them.</summary>
    public const string Section = "OrleansWork:Engine";

    /// <summary>Gets or sets how many units the silo computes at once, each on a thread of its own.</summary>
    /// <value>The default, 0, means one per core; at most 1,024.</value>
    [Range(0, 1024)]
    public int Slots { get; set; }

    /// <summary>Gets or sets how many leases of asynchronous units may be under way at once; they wait, so they need no slot.</summary>
    /// <value>The default, 0, means 16 per slot; a kind's own <see cref="JobKindAttribute.AsyncSlots"/> wins for its jobs.</value>
    [Range(0, 100_000)]
    public int AsyncSlots { get; set; }

    /// <summary>Gets or sets how many threads run user code that belongs to no unit: validate, decompose, prepare, combine, finish.</summary>
    /// <value>The default is 2. Units never run on them, so a busy silo still answers submissions. Threads that wait are made up for by others:
    /// <see cref="MaxAddedThreads"/>.</value>
    [Range(1, 64)]
    public int ServiceThreads { get; set; } = 2;

    /// <summary>Gets or sets how many threads are added to those that run asynchronous units, one per slot, and as many to those that run user code which
    /// belongs to no unit, while code that waits keeps those there are.</summary>
    /// <value>The default is 512; 0 adds none, and then asynchronous code that blocks may stand still for ever. They go again when they are not
    /// needed.</value>
    [Range(0, 10_000)]
    public int MaxAddedThreads { get; set; } = 512;

    /// <summary>Gets the silo's labels, which jobs may require.</summary>
    /// <value>None by default.</value>
    public IDictionary<string, string> Labels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets or sets how often running leases are looked at: budgets, time-outs and detaching are this exact.</summary>
    /// <value>The default is 2 ms; at most a tenth of <see cref="DetachAfter"/>.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan TickPeriod { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Gets or sets how long an admitted lease may wait for a slot before it is handed back.</summary>
    /// <value>The default is 5 seconds; less than 30 seconds, so that a lease call is answered before it times out.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:30")]
    public TimeSpan QueueLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets how long one unit may run before its lease call is answered without it; the result then follows by a call of the silo's.</summary>
    /// <value>The default is 2 seconds; less than 20 seconds, so that a lease call is answered before it times out.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:20")]
    public TimeSpan DetachAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets how long the first finished lease of a message waits for the others.</summary>
    /// <value>The default is 20 ms; the rest follows by a call of the silo's.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan BatchWait { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Gets or sets how long a unit may ignore its cancellation before its slot is given up and replaced by a fresh thread.</summary>
    /// <value>The default is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan SlotLostAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how many given-up slots are replaced at a time; beyond it the silo shrinks, for the threads are still burning.</summary>
    /// <value>The default, 0, means four per slot. A slot whose unit returns after all does not count any more; units that wait have no slot.</value>
    [Range(0, 4096)]
    public int MaxLostSlots { get; set; }

    /// <summary>Gets or sets how long a kind may prepare a job on this silo before its token is cancelled and the preparation counts as failed.</summary>
    /// <value>The default is 10 minutes; at least a second. One that ignores the cancellation for <see cref="SlotLostAfter"/> costs the silo a slot.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PrepareTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets how many threads the silo adds to the process' pool while turns wait because other code blocks its threads.</summary>
    /// <value>The default is 512; 0 adds none. They go again when turns are prompt.</value>
    [Range(0, 10_000)]
    public int MaxAddedPoolThreads { get; set; } = 512;

    /// <summary>Gets or sets whether the process is this silo's alone. Then what code of jobs changes of it for everybody is put back afterwards: the
    /// current directory, <c>Console.In</c>, <c>Out</c> and <c>Error</c>, the cultures that threads start with, environment variables.</summary>
    /// <value>The default is false: in a host of your own they are the host's to change. The program OrleansWork.Silo sets it.</value>
    public bool OwnsProcess { get; set; }

    /// <summary>Gets or sets whether the host is stopped when the silo cannot go on in its process (<see cref="SiloHealth.Failure"/>), with the exit code
    /// that says why.</summary>
    /// <value>The default is true. With false the host observes <see cref="SiloHealth"/> and ends the process as it sees fit.</value>
    public bool StopsHost { get; set; } = true;

    /// <summary>Gets or sets how long a finished result is kept for a coordinator that does not take it.</summary>
    /// <value>The default is 5 minutes; afterwards its units are run again.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan KeepResultsFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets or sets how many bytes of such results are kept at most, all jobs together.</summary>
    /// <value>The default is 64 MiB; a result beyond it is reported as lost, and its units are run again.</value>
    [Range(0, int.MaxValue)]
    public int MaxKeptBytes { get; set; } = 64 << 20;

    /// <summary>Gets or sets the largest payload in bytes: an input, a partial, the result of a unit.</summary>
    /// <value>The default is 16 MiB; at most 64 MiB, because a message of more than 100 MiB breaks its connection.</value>
    [Range(1024, 64 << 20)]
    public int MaxPayloadBytes { get; set; } = IUnitHost.DefaultPayloadBytes;

    /// <summary>Gets or sets the most bytes of UTF-8 that the text of an error has, and its stack; the rest is cut off and the cut marked.</summary>
    /// <value>The default is 8 KiB; 256 bytes to 64 KiB.</value>
    [Range(256, 64 * 1024)]
    public int MaxErrorTextBytes { get; set; } = FailureRecords.DefaultTextBytes;

    /// <summary>Gets or sets how many partials, or results of items, there are from one that a slot reads back and compares to the next.</summary>
    /// <value>The default is 1,024; the first three of a job are read back as well, so that a codec that loses something fails the job. 0 reads
    /// none back.</value>
    [Range(0, int.MaxValue)]
    public int ValueCheckInterval { get; set; } = CrossingCheck.DefaultInterval;

    /// <summary>Gets or sets how long a prepared job is kept without a lease.</summary>
    /// <value>The default is 2 minutes; a coordinator that ends its job lets go of it at once.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan KeepJobsFor { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets or sets how many jobs without a lease are kept prepared; the ones idle longest go first.</summary>
    /// <value>The default is 256.</value>
    [Range(1, 100_000)]
    public int MaxIdleJobs { get; set; } = 256;

    /// <summary>Gets or sets how long a stopping silo waits for running units and unacknowledged results.</summary>
    /// <value>The default is 10 seconds; leases hand back what is finished at the next unit.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets how often a silo tells others its load.</summary>
    /// <value>The default is 250 ms; load older than a second counts as unknown.</value>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:01")]
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets how many silos drawn at random hear each heartbeat, besides those that have a reason to.</summary>
    /// <value>The default is 8: a cluster of up to nine silos is told as a whole, a larger one within a few beats.</value>
    [Range(1, 64)]
    public int HeartbeatFanOut { get; set; } = 8;

    /// <summary>Gets or sets how long neither another silo nor storage may answer before the silo starts no more units; after twice as long
    /// the silo has failed (<see cref="SiloHealth"/>). A silo without others is never isolated.</summary>
    /// <value>The default is 8 seconds, which keeps starts within 10 seconds and the end of the process within 20; at least eight times
    /// <see cref="HeartbeatPeriod"/>.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IsolationLimit { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Gets or sets the share of its memory limit above which the silo takes no new lease.</summary>
    /// <value>The default is 0.9; it takes leases again below <see cref="MemoryLowWater"/>.</value>
    [Range(0.1, 1.0)]
    public double MemoryHighWater { get; set; } = 0.9;

    /// <summary>Gets or sets the share of its memory limit below which the silo takes leases again.</summary>
    /// <value>The default is 0.8; less than <see cref="MemoryHighWater"/>.</value>
    [Range(0.05, 1.0)]
    public double MemoryLowWater { get; set; } = 0.8;

    /// <summary>Gets or sets where the silo answers by HTTP, which the other silos tell those who ask; null where it does not.</summary>
    internal Uri? HttpAddress { get; set; }

    /// <summary>Returns the number of slots after defaults.</summary>
    internal int EffectiveSlots => Slots > 0 ? Slots : Environment.ProcessorCount;

    /// <summary>Returns the number of asynchronous leases after defaults.</summary>
    internal int EffectiveAsyncSlots => AsyncSlots > 0 ? AsyncSlots : 16 * EffectiveSlots;

    /// <summary>Returns the number of replaced slots after defaults.</summary>
    internal int EffectiveMaxLostSlots => MaxLostSlots > 0 ? MaxLostSlots : 4 * EffectiveSlots;

    /// <summary>Returns how many worker grains lead to this silo: one per slot, at most one per core and eight.</summary>
    internal int EffectiveWorkers => Math.Clamp(Environment.ProcessorCount, 1, 8);
}
