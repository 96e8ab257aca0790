using System.Text;
using System.Text.RegularExpressions;
using Orleans;
using Orleans.Hosting;
using OrleansWork.Engine.Cluster;
using OrleansWork.Engine.Tests.Support;
using OrleansWork.Protocol;
using Xunit;

namespace OrleansWork.Engine.Tests.Docs;

/// <summary>The sequence diagram of docs/architecture.md shows what a real job on three silos says to whom, no more and no less.</summary>
public sealed partial class SequenceDiagramTests
{
    private static readonly Dictionary<Type, string> Participants = new()
    {
        [typeof(IJobGrain)] = "JobGrain",
        [typeof(ICatalogShardGrain)] = "CatalogShardGrain",
        [typeof(IWorkerGrain)] = "WorkerGrain",
        [typeof(IHeartbeatService)] = "HeartbeatService",
    };

    [Fact]
    public async Task Diagram_MessagesAndTheirOrder_AreThoseOfARealRun()
    {
        CallTrace trace = new();
        await using TestSilos silos = await TestSilos.StartAsync(
            3,
            options => options.Engine(engine => engine.DetachAfter = TimeSpan.FromMilliseconds(300)),
            jobs => jobs.AddJob<SlowestUnit>(),
            host: host => host.AddIncomingGrainCallFilter(trace)
        );
        silos.Storage.BeforeWrite = trace.Wrote;
        trace.Clear();
        JobHandle job = await silos.Client.SubmitAsync(
            "slowest-unit",
            """{"units":40}"""u8.ToArray(),
            cancellationToken: TestSilos.Ceiling
        );
        await silos.UntilAsync(() => Task.FromResult(trace.Has("Close")), "the catalogue knows that the job has ended");
        Assert.Equal("780", Encoding.UTF8.GetString((await job.ResultAsync(TestSilos.Ceiling)).Content));

        IReadOnlyList<Shown> shown = Read(
            Assert.Single(
                Pages.Examples(Pages.Read("docs", "architecture.md"), "mermaid"),
                text => text.StartsWith("sequence", StringComparison.Ordinal)
            )
        );
        IReadOnlyList<string> said = trace.Messages;
        Assert.All(said, message => Assert.Contains(shown, line => line.Message == message));
        Assert.All(shown.Where(line => !line.IsOptional), line => Assert.Contains(line.Message, said));
        HashSet<string> free = [.. shown.Where(line => line.IsFree).Select(line => line.Message)];
        Assert.Equal(shown.Select(line => line.Message).Distinct().Where(m => !free.Contains(m)), said.Where(m => !free.Contains(m)));
    }

    /// <summary>Reads the diagram's calls; its replies and notes are prose.</summary>
    private static List<Shown> Read(string diagram)
    {
        List<Shown> shown = [];
        Stack<string> blocks = [];
        foreach (string line in diagram.Split('\n').Select(line => line.Trim()))
        {
            if (line == "end")
                blocks.Pop();
            else if (line.StartsWith("opt ", StringComparison.Ordinal) || line.StartsWith("loop ", StringComparison.Ordinal))
                blocks.Push(line);
            if (Call().Match(line) is not { Success: true } call)
                continue;
            bool optional = blocks.Any(block => block.StartsWith("opt ", StringComparison.Ordinal));
            bool free = optional || blocks.Any(block => block.StartsWith("loop all the time", StringComparison.Ordinal));
            shown.Add(new Shown($"{call.Groups["from"]} → {call.Groups["to"]}: {call.Groups["what"]}", optional, free));
        }

        return shown;
    }

    /// <summary>A call in the diagram.</summary>
    /// <param name="Message">Who says what to whom.</param>
    /// <param name="IsOptional">Whether not every job has it.</param>
    /// <param name="IsFree">Whether it may come at any time.</param>
    private sealed record Shown(string Message, bool IsOptional, bool IsFree);

    /// <summary>Units of no time, and one that outlasts its call.</summary>
    [JobKind("slowest-unit")]
    public sealed class SlowestUnit : JobKind<SlowestUnit.Input, long>
    {
        public sealed record Input(long Units);

        public override long CountUnits(Input input) => input.Units;

        public override long RunUnit(Input input, long unit, UnitContext context)
        {
            if (unit == 0)
                context.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            return unit;
        }

        public override long Combine(long left, long right) => left + right;
    }

    /// <summary>Writes down who says what to whom, each message once, in the order in which they came first.</summary>
    private sealed class CallTrace : IIncomingGrainCallFilter
    {
        private readonly Lock _gate = new();
        private readonly List<string> _messages = [];

        public IReadOnlyList<string> Messages
        {
            get
            {
                lock (_gate)
                    return [.. _messages];
            }
        }

        public Task Invoke(IIncomingGrainCallContext context)
        {
            string method = context.InterfaceMethod.Name[..^"Async".Length];
            // A silo that has started looks for open jobs, whether there are any or not.
            if (context.InterfaceMethod.DeclaringType is { } called && called.Namespace == typeof(IJobGrain).Namespace && method != "Scan")
                Add($"{Source(context.SourceId.ToString()!)} → {Participants.GetValueOrDefault(called, called.Name)}: {method}");
            return context.Invoke();
        }

        /// <summary>Notes a write to storage.</summary>
        public void Wrote(string key) =>
            Add(
                key.StartsWith("catalog", StringComparison.Ordinal)
                    ? "CatalogShardGrain → Storage: shard"
                    : $"JobGrain → Storage: {key.Split('/')[0]}"
            );

        private static string Source(string grainId) =>
            grainId switch
            {
                _ when grainId.StartsWith("sys.client/hosted", StringComparison.Ordinal) => "Silo",
                _ when grainId.StartsWith("sys.client/", StringComparison.Ordinal) => "Client",
                _ when grainId.StartsWith("job/", StringComparison.Ordinal) => "JobGrain",
                _ => grainId,
            };

        public bool Has(string method)
        {
            lock (_gate)
                return _messages.Any(message => message.EndsWith($": {method}", StringComparison.Ordinal));
        }

        public void Clear()
        {
            lock (_gate)
                _messages.Clear();
        }

        private void Add(string message)
        {
            lock (_gate)
            {
                if (!_messages.Contains(message))
                    _messages.Add(message);
            }
        }
    }

    [GeneratedRegex("^(?<from>\\w+)->>(?<to>\\w+): (?<what>\\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Call();
}
