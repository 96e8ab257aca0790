using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansWork.Console.Output;

/// <summary>A running job on a terminal: a bar, the speed, what is left, and what each silo did.</summary>
internal sealed class JobProgress(TimeProvider time)
{
    private const int BarWidth = 30;

    private readonly SpeedMeter _speed = new(time);

    public IRenderable Render(JobStatus job)
    {
        double? speed = _speed.Note(job.Units.Done);
        double share = job.Units.Total is > 0 and { } total ? Math.Clamp((double)job.Units.Done / total, 0, 1) : 0;
        int full = (int)(share * BarWidth);

        Paragraph bar = new();
        bar.Append($"{Printable.Escape(job.Kind)} {Printable.Escape(job.Id)} ");
        bar.Append(new string('━', full), new Style(Color.Green));
        bar.Append(new string('━', BarWidth - full), new Style(decoration: Decoration.Dim));
        bar.Append($" {Numbers.Percent(share)}");

        string numbers = JobPage.Units(job.Units);
        if (speed is > 0)
            numbers += $"  {Numbers.Rate(speed.Value)}";
        numbers += $"  {Numbers.Seconds(job.ElapsedSeconds)}";
        if (job.EtaSeconds is { } eta && !job.IsTerminal)
            numbers += $"  {JobPage.Eta(eta)} left";

        List<IRenderable> parts = [bar, new Text(numbers)];
        if (job.State != JobState.Running)
            parts.Add(Tables.State(job.State));
        if (job.Waiting is not null && !job.IsTerminal)
            parts.Add(Tables.Cell($"waiting: {job.Waiting}"));
        if (job.Silos.Count > 0)
            parts.Add(Tables.Shares(job.Silos));
        return new Rows(parts);
    }

    /// <summary>The same on one line, for where nothing can be redrawn.</summary>
    public static string Line(JobStatus job)
    {
        string text = $"{job.Id} {Tables.Name(job.State)}: {JobPage.Units(job.Units)}, {Numbers.Seconds(job.ElapsedSeconds)}";
        if (job.EtaSeconds is { } eta && !job.IsTerminal)
            text += $", {JobPage.Eta(eta)} left";
        return job.Error is null ? text : $"{text}: {JobPage.Error(job.Error)}";
    }
}
