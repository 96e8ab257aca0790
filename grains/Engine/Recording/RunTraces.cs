using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansWork.Scheduling.Coordination;
using OrleansWork.Scheduling.Placement;
using OrleansWork.Scheduling.Recording;

namespace OrleansWork.Engine.Recording;

/// <summary>Makes traces of what coordinators keep, and their stored form.</summary>
internal static class RunTraces
{
    /// <summary>How large a stored trace is at most, in bytes.</summary>
    public const int MostBytes = 256 * 1024;

    private const int MostStored = 1_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Makes a trace with everything that is kept.</summary>
    public static RunTrace Whole(RunMoment moment) => Of(moment, Entries(moment.Machine.Record, static _ => true), isWhole: true);

    /// <summary>Returns the numbers of entries of a record, in the order of their grants.</summary>
    /// <param name="record">The record.</param>
    /// <param name="wanted">Which.</param>
    public static IEnumerable<long> Entries(RunRecorder record, Func<LeaseEntry, bool> wanted)
    {
        for (long number = record.Leases.First; number < record.Leases.Next; number++)
        {
            if (wanted(record.Leases[number]))
                yield return number;
        }
    }

    /// <summary>Makes a trace.</summary>
    /// <param name="moment">Of what, and when.</param>
    /// <param name="entries">The numbers of the leases' entries.</param>
    /// <param name="isWhole">Whether decisions, bands and histograms belong to it.</param>
    public static RunTrace Of(RunMoment moment, IEnumerable<long> entries, bool isWhole)
    {
        (JobMachine machine, int epoch, DateTimeOffset zero, TimeSpan now) = moment;
        RunRecorder record = machine.Record;
        DateTimeOffset began = zero + (record.Began ?? now);
        Silos silos = new(machine, record.Began ?? now, now);
        List<TracedLease> leases = [];
        foreach (long number in entries)
        {
            if (record.Leases.Has(number) && record.Leases[number].End != LeaseEnd.Refused)
                leases.Add(silos.Trace(record.Leases[number], isWhole));
        }

        return new RunTrace
        {
            Base = began,
            Epoch = epoch,
            Granted = record.Granted,
            // What silos refused is in the record, and was never taken.
            Recorded = Math.Min(record.Granted, record.Leases.Next - record.Leases.First),
            Silos = silos.All(isWhole),
            Leases = leases,
            Marks = [.. record.Marks.Select(mark => new TracedMark(silos.Ms(mark.At), mark.Kind, mark.Silo, mark.Text))],
            Failures = isWhole ? [.. record.Failures.Select(silos.Trace)] : [],
            Account = Accounting(machine.AccountAt(now)),
            LeaseSeconds = isWhole ? Percentiles(All(record)) : [],
            NothingWaitsSince = record.Account.NothingWaitsSince is { } since ? silos.Ms(since) : null,
        };
    }

    /// <summary>Makes what is stored of a job that ends: of many leases those that failed or were lost, and a sample of the others.</summary>
    public static byte[] Store(RunTrace trace)
    {
        RunTrace stored = trace;
        for (int most = MostStored; ; most /= 2)
        {
            stored = stored with { Leases = Sample(stored.Leases, most), Failures = [.. stored.Failures.TakeLast(most)] };
            byte[] bytes = Compress(JsonSerializer.SerializeToUtf8Bytes(stored, Json));
            if (bytes.Length <= MostBytes || (most == 0 && stored.Silos.All(static silo => silo.Series is null)))
                return bytes;
            if (most == 0)
                stored = stored with { Silos = [.. stored.Silos.Select(static silo => silo with { Series = null })] };
        }
    }

    /// <summary>Reads what was stored.</summary>
    /// <exception cref="JsonException">It is no trace.</exception>
    /// <exception cref="InvalidDataException">It is no trace.</exception>
    public static RunTrace Read(byte[] stored)
    {
        using BrotliStream plain = new(new MemoryStream(stored), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<RunTrace>(plain, Json) ?? throw new JsonException("The trace is null.");
    }

    /// <summary>Says an account in seconds.</summary>
    public static JobAccounting Accounting(in AccountTotals totals) =>
        new()
        {
            SlotSeconds = Seconds(totals.Slots),
            Compute = Seconds(totals.Compute),
            Queue = Seconds(totals.Queue),
            Transfer = Seconds(totals.Transfer),
            Combine = Seconds(totals.Combine),
            OtherJobs = Seconds(totals.OtherJobs),
            IdleNoWork = Seconds(totals.IdleNoWork),
            IdleWorkElsewhere = Seconds(totals.IdleWorkElsewhere),
            WastedRetry = Seconds(totals.WastedRetry),
            WastedSpeculation = Seconds(totals.WastedSpeculation),
        };

    private static Durations All(RunRecorder record)
    {
        Durations all = new();
        foreach (SiloHistory silo in record.Silos.Values)
            all.Add(silo.Durations);
        return all;
    }

    private static double[] Percentiles(Durations durations) =>
        durations.Count == 0
            ? []
            : [.. new[] { 0.5, 0.9, 0.99 }.Select(quantile => Math.Round(durations.Quantile(quantile), 7)), Math.Round(durations.Max, 7)];

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 6);

    private static byte[] Compress(byte[] json)
    {
        using MemoryStream compressed = new();
        using (BrotliStream brotli = new(compressed, CompressionLevel.Fastest))
            brotli.Write(json);
        return compressed.ToArray();
    }

    private static IReadOnlyList<TracedLease> Sample(IReadOnlyList<TracedLease> leases, int most)
    {
        if (leases.Count <= most)
            return leases;
        List<TracedLease> kept = [.. leases.Where(IsRemarkable).TakeLast(most)];
        int room = most - kept.Count;
        if (room <= 0)
            return kept;
        List<TracedLease> others = [.. leases.Where(static lease => !IsRemarkable(lease))];
        for (int i = 0; i < Math.Min(room, others.Count); i++)
            kept.Add(others[(int)((long)i * others.Count / Math.Min(room, others.Count))]);
        return [.. kept.OrderBy(static lease => lease.Granted).ThenBy(static lease => lease.Number)];
    }

    private static bool IsRemarkable(TracedLease lease) =>
        lease.End is LeaseEnd.Failed or LeaseEnd.Lost or LeaseEnd.Overtaken
        || lease.Reason is GrantReason.Canary or GrantReason.Retry or GrantReason.SecondAttempt;

    /// <summary>Gives the machine's silos places.</summary>
    private sealed class Silos
    {
        private readonly JobMachine _machine;
        private readonly TimeSpan _began;
        private readonly TimeSpan _now;
        private readonly Dictionary<int, int> _places = [];
        private readonly List<(int Number, string Address)> _all = [];

        public Silos(JobMachine machine, TimeSpan began, TimeSpan now)
        {
            (_machine, _began, _now) = (machine, began, now);
            foreach ((int number, string address) in machine.SiloNumbers.OrderBy(static silo => silo.Address, StringComparer.Ordinal))
            {
                _places.Add(number, _all.Count);
                _all.Add((number, address));
            }
        }

        public double Ms(TimeSpan time) => Math.Round((time - _began).TotalMilliseconds, 3);

        private double? MsOrNull(TimeSpan time) => time == TimeSpan.MinValue ? null : Ms(time);

        public TracedLease Trace(LeaseEntry entry, bool isWhole) =>
            new()
            {
                Number = entry.Number,
                Epoch = entry.Epoch,
                From = entry.From,
                To = entry.To,
                DoneTo = entry.DoneTo,
                SecondOf = entry.SecondOf,
                Silo = _places.GetValueOrDefault(entry.Silo, -1),
                Slot = entry.Slot,
                Attempt = entry.Attempt,
                Reason = entry.Reason,
                End = entry.End,
                Granted = Ms(entry.Granted),
                Arrived = Ms(entry.Arrived),
                Started = MsOrNull(entry.Started),
                Ended = MsOrNull(entry.Ended),
                Heard = entry.End == LeaseEnd.Running ? null : Ms(entry.Heard),
                BudgetMs = entry.Budget.TotalMilliseconds,
                PredictedMs = float.IsNaN(entry.PredictedSeconds) ? null : Math.Round(entry.PredictedSeconds * 1e3, 3),
                Decision =
                    isWhole && _machine.Record.Decisions.Has(entry.Decision) ? Trace(_machine.Record.Decisions[entry.Decision]) : null,
            };

        public TracedFailure Trace(FailedAttempt failure) =>
            new(
                Ms(failure.At),
                failure.Unit,
                failure.Attempt,
                failure.Epoch,
                failure.Lease,
                failure.Silo,
                failure.Type,
                failure.Message,
                failure.Again is { } again ? Ms(again) : null
            );

        private TracedDecision Trace(DecisionEntry decision)
        {
            TracedCandidate[] candidates = new TracedCandidate[decision.Count];
            for (int place = 0; place < decision.Count; place++)
            {
                CandidateEntry of = decision.Of[place];
                candidates[place] = new TracedCandidate
                {
                    Silo = _places.GetValueOrDefault(of.Silo, -1),
                    InFlight = of.InFlight,
                    Slots = of.Slots,
                    SecondsPerUnit = Known(of.SecondsPerUnit),
                    Slowness = Math.Round(of.Slowness, 3),
                    LoadAge = Known(of.LoadAgeSeconds),
                    Verdict = of.Verdict,
                    Obstacle = of.Obstacle,
                };
            }

            return new TracedDecision
            {
                Policy = decision.Policy,
                Rule = decision.Rule,
                Silos = decision.Silos,
                Won = decision.Size.Won,
                Left = decision.Size.Left,
                Share = Known(decision.Size.Share),
                Least = Known(decision.Size.Least),
                Most = Known(decision.Size.Most),
                Probe = Known(decision.Size.Probe),
                Candidates = candidates,
            };
        }

        public IReadOnlyList<TracedSilo> All(bool isWhole)
        {
            if (!isWhole)
                return
                [
                    .. _all.Select(silo => new TracedSilo(silo.Address, _machine.SlotsOf(silo.Number), _machine.SlownessOf(silo.Number))),
                ];
            Dictionary<string, AccountTotals> accounts = _machine
                .AccountBySilo(_now)
                .ToDictionary(static part => part.Silo, static part => part.Totals, StringComparer.Ordinal);
            return [.. _all.Select(silo => Part(silo.Number, silo.Address, accounts))];
        }

        private TracedSilo Part(int number, string address, Dictionary<string, AccountTotals> accounts)
        {
            TracedSilo part = new(address, _machine.SlotsOf(number), Math.Round(_machine.SlownessOf(number), 3))
            {
                Account = accounts.TryGetValue(address, out AccountTotals totals) ? Accounting(totals) : null,
                BusyBySlot = [.. _machine.Record.Account.BusyBySlot(number).ToArray().Select(Seconds)],
            };
            if (!_machine.Record.Silos.TryGetValue(number, out SiloHistory? history))
                return part;
            Dictionary<ChoiceRule, long> choices = [];
            for (int rule = 0; rule < history.Choices.Length; rule++)
            {
                if (history.Choices[rule] > 0)
                    choices.Add((ChoiceRule)rule, history.Choices[rule]);
            }

            LeaseBands bands = history.Bands;
            Band[] columns = [.. Enumerable.Range(0, bands.Count).Select(column => bands[column])];
            double seconds = bands.Width.TotalSeconds;
            return part with
            {
                Choices = choices,
                LeaseSeconds = Percentiles(history.Durations),
                BandsFrom = Ms(bands.StartOf(0)),
                BandMs = bands.Width.TotalMilliseconds,
                Own = [.. columns.Select(band => Rounded(band.BusySeconds / seconds))],
                Failed = Any(columns.Select(band => Rounded(band.FailedSeconds / seconds))),
                Lost = Any(columns.Select(band => Rounded(band.LostSeconds / seconds))),
                Leases = [.. columns.Select(band => band.Leases)],
                Units = [.. columns.Select(band => band.Units)],
                Series = Trace(history.Series),
            };
        }

        private TracedSeries Trace(LeaseSeries series)
        {
            LeaseMoment[] columns = [.. Enumerable.Range(0, series.Count).Select(column => series[column])];
            return new TracedSeries(Ms(series.StartOf(0)), series.Width.TotalMilliseconds)
            {
                Leases = [.. columns.Select(moment => moment.Leases)],
                Units = [.. columns.Select(moment => moment.Units)],
                Probes = Any(columns.Select(moment => moment.Probes)),
                Lasts = Any(columns.Select(moment => moment.Lasts)),
                Seconds = [.. columns.Select(moment => moment.Seconds.ToArray())],
            };
        }

        private static int[] Any(IEnumerable<int> counts)
        {
            int[] all = [.. counts];
            return all.Any(static count => count > 0) ? all : [];
        }

        private static float[] Any(IEnumerable<float> shares)
        {
            float[] all = [.. shares];
            return all.Any(static share => share > 0) ? all : [];
        }

        private static float Rounded(double share) => (float)Math.Round(share, 3);

        private static double? Known(double value) => double.IsFinite(value) ? Math.Round(value, 9) : null;
    }
}
