using OrleansWork.Jobs;
using OrleansWork.Silo.JobLoading;
using OrleansWork.Silo.Settings;

namespace OrleansWork.Silo.Hosting;

/// <summary>Hands the silo's settings to the engine.</summary>
internal static class EngineExtensions
{
    /// <summary>Adds the engine, the ready-made job kinds, and those of <paramref name="jobs"/>.</summary>
    public static ISiloBuilder AddEngine(this ISiloBuilder silo, SiloSettings settings, IReadOnlyList<JobAssembly> jobs)
    {
        AppContext.SetSwitch(Synthetic.AllowCrashSwitch, settings.AllowCrash);
        AppContext.SetSwitch(Exec.AllowExecSwitch, settings.AllowExec);
        FileRoots.Allow(settings.FileRoots);
        OrleansWorkBuilder engine = silo.AddOrleansWorkCore(options =>
                options.Engine(o =>
                {
                    o.Slots = settings.Slots ?? o.Slots;
                    o.AsyncSlots = settings.AsyncSlots ?? o.AsyncSlots;
                    o.MaxLostSlots = settings.MaxLostSlots ?? o.MaxLostSlots;
                    o.OwnsProcess = true;
                    // A free port is taken only once the engine runs.
                    o.HttpAddress = settings.Urls.FirstOrDefault(url => url.Port != 0);
                    foreach ((string name, string value) in settings.Labels)
                        o.Labels[name] = value;
                })
            )
            .AddJobsFrom(typeof(Sum).Assembly);
        foreach (JobAssembly job in jobs)
            engine.AddJobsFrom(job.Assembly);
        return silo;
    }
}
