using System.CommandLine;
using System.Threading.Channels;
using OrleansWork.Console.Output;
using OrleansWork.Console.Top;

namespace OrleansWork.Console.Commands;

internal sealed class TopCommand(ConsoleContext context, GlobalOptions global) : CommandBase(context, global)
{
    private const string IntervalOption = "--interval";

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan SizePeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan KeyWait = TimeSpan.FromMilliseconds(100);

    public Command Create()
    {
        Option<TimeSpan?> interval = OptionKinds.Time(IntervalOption, "from one look to the next", Duration.Format(DefaultInterval));
        Option<long?> count = OptionKinds.Whole("--count", "end after so many looks", "n", 1, int.MaxValue);
        Option<bool> json = JsonOption();
        ConsoleCommand command = new("top", "watch silos and open jobs; on a terminal in place, ? shows the keys")
        {
            interval,
            count,
            json,
        };
        command.SetAction(
            (parse, cancellationToken) =>
                AskAsync(
                    parse,
                    (link, token) =>
                    {
                        TopWatch watch = new(link.Client, Context.Time);
                        Rhythm rhythm = new(CheckedInterval(parse.GetValue(interval)), parse.GetValue(count));
                        return parse.GetValue(json) || !Terminal.OutRedraws
                            ? PrintAsync(watch, rhythm, parse.GetValue(json), token)
                            : ShowAsync(watch, rhythm, token);
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static TimeSpan CheckedInterval(TimeSpan? asked) =>
        asked is not { } interval ? DefaultInterval
        : interval >= ShortestInterval && interval <= LongestInterval ? interval
        : throw new UsageException(
            $"{IntervalOption} is {Duration.Format(interval)}; it must be from {Duration.Format(ShortestInterval)} to {Duration.Format(LongestInterval)}."
        );

    private Task<int> PrintAsync(TopWatch watch, Rhythm rhythm, bool asDocuments, CancellationToken cancellationToken) =>
        WhileReadAsync(
            async reading =>
            {
                for (long looks = 0; rhythm.GoesOn(looks); looks++)
                {
                    if (looks > 0)
                        await Task.Delay(rhythm.Interval, Context.Time, reading);
                    TopSample sample = await watch.LookAsync(reading);
                    if (asDocuments)
                        Terminal.WriteJsonLine(TopDocument.Of(sample));
                    else
                        Print(sample, looks);
                }

                return ExitCode.Done;
            },
            cancellationToken
        );

    private void Print(TopSample sample, long looks)
    {
        if (looks > 0)
            Terminal.Print();
        Terminal.Print(Numbers.Time(sample.At));
        Terminal.WriteTable(Tables.Silos(sample.Silos));
        Terminal.WriteTable(Tables.OpenJobs(sample.Jobs.Select(job => (job.Summary, job.UnitsPerSecond))));
    }

    private async Task<int> ShowAsync(TopWatch watch, Rhythm rhythm, CancellationToken cancellationToken)
    {
        // The first look is one of any command: what goes wrong with it is said where the user types.
        TopSample first = await watch.LookAsync(cancellationToken);
        TopModel model = new();
        Channel<Action<TopModel>> changes = Channel.CreateUnbounded<Action<TopModel>>(new() { SingleReader = true });
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using FullScreen screen = Terminal.TakeScreen();
        model.Take(first);
        Task looking = LookOnAsync(watch, rhythm, changes.Writer, over.Token);
        Task keys = Task.Factory.StartNew(
            () => ReadKeys(screen, changes.Writer, over.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        try
        {
            return await DrawAsync(screen, model, changes.Reader, over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(looking, keys);
        }
    }

    /// <summary>Draws what has changed, and anew when the terminal has another size, until the viewer leaves or there are no more looks.</summary>
    private async Task<int> DrawAsync(
        FullScreen screen,
        TopModel model,
        ChannelReader<Action<TopModel>> changes,
        CancellationToken cancellationToken
    )
    {
        using PeriodicTimer sizes = new(SizePeriod, Context.Time);
        Task<bool> size = sizes.WaitForNextTickAsync(cancellationToken).AsTask();
        Task<bool> change = changes.WaitToReadAsync(cancellationToken).AsTask();
        ScreenSize drawn = default;
        for (bool isNew = true; ; )
        {
            ScreenSize now = FullScreen.Size();
            if (isNew || now != drawn)
                screen.Show(model.Draw(now), now);
            drawn = now;
            await Task.WhenAny(size, change);
            cancellationToken.ThrowIfCancellationRequested();
            if (size.IsCompleted)
                size = sizes.WaitForNextTickAsync(cancellationToken).AsTask();
            isNew = change.IsCompleted;
            if (!isNew)
                continue;
            if (!await change)
                return ExitCode.Done;
            while (changes.TryRead(out Action<TopModel>? apply))
                apply(model);
            if (model.State.End is { } end)
                return end == TopEnd.Quit ? ExitCode.Done : ExitCode.Interrupted;
            change = changes.WaitToReadAsync(cancellationToken).AsTask();
        }
    }

    /// <summary>Looks again and again; a cluster that does not answer is asked again.</summary>
    private async Task LookOnAsync(
        TopWatch watch,
        Rhythm rhythm,
        ChannelWriter<Action<TopModel>> changes,
        CancellationToken cancellationToken
    )
    {
        try
        {
            for (long looks = 1; rhythm.GoesOn(looks); looks++)
            {
                await Task.Delay(rhythm.Interval, Context.Time, cancellationToken);
                try
                {
                    TopSample sample = await watch.LookAsync(cancellationToken);
                    await changes.WriteAsync(model => model.Take(sample), cancellationToken);
                }
                catch (RequestException exception) when (exception.Reason is ErrorReason.Unavailable or ErrorReason.Busy)
                {
                    await changes.WriteAsync(model => model.Take($"no answer: {exception.Message}"), cancellationToken);
                }
            }

            changes.TryComplete();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The viewer has left.
        }
        catch (Exception exception)
        {
            changes.TryComplete(exception);
        }
    }

    private static void ReadKeys(FullScreen screen, ChannelWriter<Action<TopModel>> changes, CancellationToken cancellationToken)
    {
        while (screen.HasKeys && !cancellationToken.IsCancellationRequested && screen.ReadKeys(KeyWait) is { } bytes)
        {
            foreach (TopKey key in TopKey.Read(bytes))
                changes.TryWrite(model => model.Take(key));
        }
    }

    /// <summary>How often the cluster is looked at.</summary>
    private readonly record struct Rhythm(TimeSpan Interval, long? Count)
    {
        public bool GoesOn(long looks) => Count is not { } count || looks < count;
    }
}
