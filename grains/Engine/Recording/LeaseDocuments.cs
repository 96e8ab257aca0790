using System.Globalization;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Answers which leases a job had, from what its coordinator keeps or from what was stored at its end.</summary>
internal static class LeaseDocuments
{
    /// <summary>How many leases an answer has at most.</summary>
    public const int Most = 10_000;

    /// <summary>Answers from what a coordinator keeps.</summary>
    public static JobLeases Of(RunMoment moment, LeaseQuery query)
    {
        RunRecorder record = moment.Machine.Record;
        int limit = Math.Clamp(query.Limit, 1, Most);
        (List<long> entries, string? next) = query.Follow ? Since(moment.Machine, query.Cursor, limit) : Window(moment, query, limit);
        bool hasMadeRoom = record.Leases.First > 0;
        JobLeases leases = Columns(RunTraces.Of(moment, entries, isWhole: false), moment.Zero + moment.Now, next);
        return hasMadeRoom ? leases with { BandsBefore = moment.Zero + record.Leases[record.Leases.First].Granted } : leases;
    }

    /// <summary>Answers from what was stored.</summary>
    public static JobLeases Of(RunTrace trace, LeaseQuery query, DateTimeOffset now)
    {
        int limit = Math.Clamp(query.Limit, 1, Most);
        List<TracedLease> wanted =
        [
            .. trace.Leases.Where(lease =>
                (query.From is not { } from || lease.Ended is not { } ended || trace.Base.AddMilliseconds(ended) >= from)
                && (query.To is not { } to || trace.Base.AddMilliseconds(lease.Granted) < to)
            ),
        ];
        if (query.Follow)
            wanted = [];
        int before = Place(query.Cursor) is { } place ? (int)Math.Clamp(place, 0, wanted.Count) : wanted.Count;
        int first = Math.Max(0, before - limit);
        return Columns(trace with { Leases = wanted[first..before] }, now, first == 0 ? null : Text(first)) with
        {
            Sampled = trace.Leases.Count < trace.Granted,
        };
    }

    /// <summary>Those that ran in a time, the newest first cut off by the limit.</summary>
    private static (List<long> Entries, string? Next) Window(RunMoment moment, LeaseQuery query, int limit)
    {
        Ring<LeaseEntry> leases = moment.Machine.Record.Leases;
        TimeSpan from = query.From is { } earliest ? earliest - moment.Zero : TimeSpan.MinValue;
        TimeSpan to = query.To is { } latest ? latest - moment.Zero : TimeSpan.MaxValue;
        List<long> entries = [];
        long number = Math.Min(leases.Next, Place(query.Cursor) ?? leases.Next) - 1;
        for (; number >= leases.First && entries.Count < limit; number--)
        {
            ref LeaseEntry entry = ref leases[number];
            if (entry.End != LeaseEnd.Refused && entry.Granted < to && (entry.Ended == TimeSpan.MinValue || entry.Ended >= from))
                entries.Add(number);
        }

        entries.Reverse();
        return (entries, number < leases.First ? null : Text(number + 1));
    }

    private static (List<long> Entries, string? Next) Since(JobMachine machine, string? cursor, int limit)
    {
        Ring<long> ends = machine.Record.Ends;
        long from = Math.Max(ends.First, Math.Min(ends.Next, Place(cursor) ?? ends.Next));
        long to = Math.Min(ends.Next, from + limit);
        List<long> entries = [];
        for (long place = from; place < to; place++)
            entries.Add(ends[place]);
        if (to == ends.Next)
            entries.AddRange(machine.Leases.Where(static lease => lease.Entry >= 0).Select(static lease => lease.Entry).Take(Most));
        return (entries, Text(to));
    }

    private static JobLeases Columns(RunTrace trace, DateTimeOffset now, string? next)
    {
        IReadOnlyList<TracedLease> leases = trace.Leases;
        return new JobLeases
        {
            Base = trace.Base,
            Now = now,
            Silos = [.. trace.Silos.Select(static silo => new StreamSilo(silo.Silo, silo.Slots, Math.Round(silo.Slowness, 3)))],
            Granted = trace.Granted,
            Recorded = trace.Recorded,
            Marks =
            [
                .. trace.Marks.Select(mark => new JobMark(trace.Base.AddMilliseconds(mark.At), Words.Of(mark.Kind), mark.Silo, mark.Text)),
            ],
            NextCursor = next,
            Columns = new LeaseColumns
            {
                Number = [.. leases.Select(static lease => lease.Number)],
                Epoch = [.. leases.Select(static lease => lease.Epoch)],
                Silo = [.. leases.Select(static lease => lease.Silo)],
                Slot = [.. leases.Select(static lease => lease.Slot)],
                UnitFrom = [.. leases.Select(static lease => lease.From)],
                UnitCount = [.. leases.Select(static lease => lease.To - lease.From)],
                GrantedMs = [.. leases.Select(static lease => lease.Granted)],
                StartedMs = [.. leases.Select(static lease => lease.Started)],
                EndedMs = [.. leases.Select(static lease => lease.Ended)],
                BudgetMs = [.. leases.Select(static lease => lease.BudgetMs)],
                Attempt = [.. leases.Select(static lease => lease.Attempt)],
                Outcome = [.. leases.Select(static lease => Enum.Parse<LeaseState>(lease.End.ToString()))],
                SpeculativeOf = [.. leases.Select(static lease => lease.SecondOf)],
                Own = [.. leases.Select(static _ => 1)],
                OtherJob = [.. leases.Select(static _ => -1)],
            },
        };
    }

    private static long? Place(string? cursor) =>
        long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out long place) ? place : null;

    private static string Text(long place) => place.ToString(CultureInfo.InvariantCulture);
}
