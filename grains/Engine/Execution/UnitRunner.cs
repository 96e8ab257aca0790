using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OrleansWork.Engine.Storage;
using OrleansWork.Protocol;
using OrleansWork.Scheduling.Failures;
using OrleansWork.Scheduling.Reduction;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

/// <summary>Runs the units of one lease at a time; values stay typed until the report. Reused from lease to lease.</summary>
/// <remarks>
/// There is no clock in the loop: the stop flag is read before every unit, and the pool's ticker sets it. Units that last under a
/// microsecond are run in aligned blocks of eight whose values are combined before the stack is touched, in the order of the canonical
/// tree, so that the result has the same bits as one by one.
/// </remarks>
internal sealed class UnitRunner<TInput, TPartial, TResult> : IUnitHost
{
    private const int BlockUnits = 8;
    private const int BlockLevel = 3;

    // Each is a partial of its own in the report.
    private const int UnitsApart = 64;

    // Several payloads of one lease travel in one message, which must stay well below Orleans' limit of 100 MiB.
    private const int PayloadsPerReport = 4;

    // Results that are kept one by one are not combined to something smaller: a lease ends when it has enough for one message.
    private const int OutputBytesPerLease = 1 << 20;
    private const int OutputEntryBytes = 8;

    private readonly JobKind<TInput, TPartial, TResult> _kind;
    private readonly TInput _input;
    private readonly PayloadCodec<TPartial> _codec;
    private readonly CrossingCheck<TPartial> _check;
    private readonly JobContext _job;
    private readonly long _unitCount;
    private readonly NodeStack<TPartial, KindCombiner> _stack;
    private readonly UnitContext _context;
    private readonly PayloadBuffer _buffer;
    private readonly ItemReader? _items;
    private Block _block;
    private LeaseWork? _work;
    private ExecutionContext _clean = CleanContext.Empty;
    private UnitCare _care;
    private bool _inBlocks;
    private bool _combining;
    private int _outputBytes;

    public UnitRunner(
        JobKind<TInput, TPartial, TResult> kind,
        TInput input,
        PayloadCodec<TPartial> codec,
        CrossingCheck<TPartial> check,
        JobContext job,
        ItemReader? items,
        bool keepsResults
    )
    {
        _kind = kind;
        _input = input;
        _codec = codec;
        _check = check;
        _job = job;
        _unitCount = job.Description.UnitCount;
        _stack = new NodeStack<TPartial, KindCombiner>(_unitCount, new KindCombiner(kind, this));
        _context = new UnitContext(this);
        _items = items;
        _buffer = keepsResults
            ? new PayloadBuffer(job.MaxPayloadBytes + (2 * OutputBytesPerLease), keptBytes: 2 * OutputBytesPerLease)
            : new PayloadBuffer(job.MaxPayloadBytes);
    }

    string IUnitHost.JobId => _job.JobId;

    ulong IUnitHost.Incarnation => _job.Incarnation;

    string IUnitHost.Silo => _job.Sink.Silo;

    ulong IUnitHost.Seed => _job.Description.Seed;

    ItemReader? IUnitHost.Items => _items;

    int IUnitHost.ValueCheckInterval => _job.ValueCheckInterval;

    CancellationToken IUnitHost.CancellationToken => _work?.Token ?? CancellationToken.None;

    ILogger IUnitHost.GetLogger(long unit, int attempt) => _job.Sink.GetLogger(unit, attempt);

    void IUnitHost.Progress(long unit, double fraction, string? message) => _job.Sink.Progress(unit, _context.Attempt, fraction, message);

    void IUnitHost.AddOutput(long unit, int bytes)
    {
        IUnitHost.CheckOutput(unit, bytes, _job.MaxPayloadBytes);
        _outputBytes += bytes + OutputEntryBytes;
        if (_outputBytes >= OutputBytesPerLease)
            _work?.RequestStop(StopReason.Yield);
    }

    /// <summary>Gets whether a unit has left something behind on its thread: then the job's units are not run in blocks.</summary>
    public bool LeavesTraces { get; private set; }

    /// <summary>Gets whether a unit has changed something of the process: then it is looked for after each of the job's.</summary>
    public bool ChangesProcess { get; private set; }

    /// <summary>Runs the units of a lease until its end, a stop or a failure.</summary>
    /// <param name="work">The lease.</param>
    /// <param name="care">What is looked after between units.</param>
    public LeaseResult Run(LeaseWork work, in UnitCare care)
    {
        Begin(work, care);
        try
        {
            (long unit, Exception? thrown) = RunUnits(work, care.InBlocks);
            if (care.InBlocks && CleanContext.Restore(_clean))
            {
                // To look after every unit would cost as much as they do. Some of these may have seen what another left: they are run again, one by one.
                LeavesTraces = true;
                Clear();
                Begin(work, care);
                (unit, thrown) = RunUnits(work, inBlocks: false);
            }

            return End(work, unit, thrown);
        }
        finally
        {
            Clear();
        }
    }

    private (long Unit, Exception? Thrown) RunUnits(LeaseWork work, bool inBlocks)
    {
        inBlocks &= !work.Lease.LeavesApart;
        _inBlocks = inBlocks;
        long from = work.Lease.From;
        long to = Math.Min(work.Lease.To, _unitCount);
        long unit = from;
        Exception? thrown = null;
        try
        {
            while (unit < to && !MustStop(work, unit))
            {
                if (inBlocks && (unit & (BlockUnits - 1)) == 0 && unit + BlockUnits <= to && (unit > from || work.Lease.Attempt <= 1))
                {
                    work.MoveTo(unit);
                    unit = RunBlock(unit);
                    continue;
                }

                MoveTo(work, unit);
                TPartial value = _kind.RunUnit(_input, unit, _context);
                CleanUp();
                LookAround();
                Push(unit, value);
                unit++;
            }
        }
        catch (Exception exception)
        {
            thrown = exception;
            if (!_combining && inBlocks)
                (unit, thrown) = KeepBlock(unit, exception);
        }

        return (unit, thrown);
    }

    /// <summary>Runs the units of a lease one after another, waiting for each.</summary>
    /// <param name="work">The lease.</param>
    /// <param name="care">What is looked after between units.</param>
    public async Task<LeaseResult> RunAsync(LeaseWork work, UnitCare care)
    {
        Begin(work, care);
        try
        {
            long from = work.Lease.From;
            long to = Math.Min(work.Lease.To, _unitCount);
            long unit = from;
            Exception? thrown = null;
            try
            {
                while (unit < to && !MustStop(work, unit))
                {
                    MoveTo(work, unit);
                    if (_items is { } items)
                        await items.Source.LoadAsync(unit, this);
                    TPartial value = await _kind.RunUnitAsync(_input, unit, _context);
                    CleanUp();
                    LookAround();
                    Push(unit, value);
                    unit++;
                }
            }
            catch (Exception exception)
            {
                thrown = exception;
            }

            return End(work, unit, thrown);
        }
        finally
        {
            Clear();
        }
    }

    // The first unit always runs, whatever the budget: otherwise a lease could come back empty for ever.
    private static bool MustStop(LeaseWork work, long unit)
    {
        bool begun = unit > work.Lease.From;
        if (work.Lease.LeavesApart && unit - work.Lease.From >= UnitsApart)
            return true;
        StopReason stop = work.Stop;
        return stop != StopReason.None && (begun || stop == StopReason.Cancel);
    }

    private void Begin(LeaseWork work, in UnitCare care)
    {
        _work = work;
        _care = care;
        _clean = ExecutionContext.Capture() ?? CleanContext.Enter();
        CleanContext.Restore(_clean);
        _inBlocks = false;
        _combining = false;
        _outputBytes = 0;
    }

    private void Clear()
    {
        _work = null;
        _stack.Clear();
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TPartial>())
            _block = default;
    }

    private void MoveTo(LeaseWork work, long unit)
    {
        work.MoveTo(unit);
        _context.MoveTo(unit, unit == work.Lease.From ? work.Lease.Attempt : 1);
    }

    /// <summary>Removes what a call of the kind's code left on this thread, before the next one; in blocks that is looked for at their end.</summary>
    private void CleanUp()
    {
        if (!_inBlocks)
            LeavesTraces |= CleanContext.Restore(_clean);
    }

    private void LookAround()
    {
        if (_care.TakesInterruptions)
            CleanContext.TakeInterruption();
        if (_care.LooksAtProcess && _job.Process?.PutBack() == true)
            ChangesProcess = true;
    }

    private void Push(long unit, TPartial value)
    {
        if (_work!.Lease.LeavesApart)
        {
            _stack.PushApart(new TreeNode(0, unit), value);
            return;
        }

        _combining = true;
        _stack.Push(new TreeNode(0, unit), value);
        _combining = false;
    }

    private long RunBlock(long unit)
    {
        for (int i = 0; i < BlockUnits; i++)
        {
            _context.MoveTo(unit + i, 1);
            _block[i] = _kind.RunUnit(_input, unit + i, _context);
        }

        _combining = true;
        JobKind<TInput, TPartial, TResult> kind = _kind;
        TPartial first = kind.Combine(kind.Combine(_block[0], _block[1]), kind.Combine(_block[2], _block[3]));
        TPartial second = kind.Combine(kind.Combine(_block[4], _block[5]), kind.Combine(_block[6], _block[7]));
        _stack.Push(new TreeNode(BlockLevel, unit >> BlockLevel), kind.Combine(first, second));
        _combining = false;
        return unit + BlockUnits;
    }

    /// <summary>Keeps what a block had done before one of its units threw.</summary>
    /// <returns>The unit that threw, and what is to be reported of it.</returns>
    private (long Unit, Exception Thrown) KeepBlock(long blockStart, Exception thrown)
    {
        long failed = _context.Unit;
        try
        {
            for (long unit = blockStart; unit < failed; unit++)
                Push(unit, _block[(int)(unit - blockStart)]);
            return (failed, thrown);
        }
        catch (Exception combine)
        {
            return (failed, combine);
        }
    }

    private LeaseResult End(LeaseWork work, long unit, Exception? thrown)
    {
        CleanContext.Restore(_clean);
        if (thrown is not null)
            LookAround();
        long from = work.Lease.From;
        StopReason stop = work.Stop;
        if (stop == StopReason.Cancel)
            return new LeaseResult(from, [], null);

        FailureRecord? failure = null;
        if (thrown is not null && _combining)
        {
            // The operands of a Combine that threw are gone, and with them the prefix.
            failure = FailureRecords.From(thrown, from, _job.MaxErrorTextBytes);
            return new LeaseResult(from, [], failure.At($"Combine, after unit {unit}", _job.MaxErrorTextBytes));
        }

        if (stop == StopReason.TimedOut && thrown is not null && Cancellation.Is(thrown))
            failure = UnitTimeout.Record(unit, _job.Description.UnitTimeoutMicros);
        else if (thrown is not null)
            failure = FailureRecords.From(thrown, unit, _job.MaxErrorTextBytes);
        return Encode(from, unit, failure);
    }

    private LeaseResult Encode(long from, long doneTo, FailureRecord? failure)
    {
        ReadOnlySpan<(TreeNode Node, TPartial Value)> nodes = _stack.Nodes;
        if (nodes.IsEmpty)
            return new LeaseResult(from, [], failure);
        NodePartial[] partials = new NodePartial[nodes.Length];
        long total = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            TreeNode node = nodes[i].Node;
            byte[] bytes;
            try
            {
                bytes = _buffer.Encode(_codec, nodes[i].Value);
                if (_check.IsDue())
                    _check.Look(nodes[i].Value, bytes, $"The partial of units {node.Range(_unitCount)}");
            }
            catch (ValueChangedException exception)
            {
                return new LeaseResult(from, [], FailureRecords.From(exception, from, _job.MaxErrorTextBytes));
            }
            catch (Exception exception)
            {
                long unit = Math.Max(from, node.From);
                bool single = node.Range(_unitCount).Count == 1;
                failure = NotEncoded(exception, unit) with { Permanent = single };
                return new LeaseResult(unit, ImmutableCollectionsMarshal.AsImmutableArray(partials[..i]), failure);
            }

            total += bytes.Length;
            if (i > 0 && total > (long)PayloadsPerReport * _job.MaxPayloadBytes)
                return new LeaseResult(node.From, ImmutableCollectionsMarshal.AsImmutableArray(partials[..i]), null);
            partials[i] = new NodePartial((byte)node.Level, node.Index, bytes);
        }

        return new LeaseResult(doneTo, ImmutableCollectionsMarshal.AsImmutableArray(partials), failure);
    }

    private FailureRecord NotEncoded(Exception exception, long unit)
    {
        FailureRecord failure = FailureRecords.From(exception, unit, _job.MaxErrorTextBytes);
        return exception is PayloadTooLargeException
            ? failure
            : failure.At($"The result, a {typeof(TPartial)}, cannot be serialized", _job.MaxErrorTextBytes);
    }

    private readonly struct KindCombiner(JobKind<TInput, TPartial, TResult> kind, UnitRunner<TInput, TPartial, TResult> runner)
        : ICombiner<TPartial>
    {
        public TPartial Combine(TPartial left, TPartial right)
        {
            TPartial combined = kind.Combine(left, right);
            runner.CleanUp();
            return combined;
        }
    }

    [InlineArray(BlockUnits)]
    private struct Block
    {
        private TPartial _first;
    }
}
