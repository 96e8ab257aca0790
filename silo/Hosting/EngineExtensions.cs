using System.Reflection;
using Orleans.Serialization;
using OrleansWork.Engine.Hosting;
using OrleansWork.Jobs;

namespace OrleansWork.Silo.Hosting;

/// <summary>Hands the silo's settings to the engine.</summary>
internal static class EngineExtensions
{
    /// <summary>Adds the engine, the ready-made job kinds, and those of <paramref name="jobs"/>.</summary>
    public static ISiloBuilder AddEngine(this ISiloBuilder silo, SiloSettings settings, IReadOnlyList<Assembly> jobs)
    {
        AppContext.SetSwitch(Synthetic.AllowCrashSwitch, settings.AllowCrash);
        AppContext.SetSwitch(Exec.AllowExecSwitch, settings.AllowExec);
        FileRoots.Allow(settings.FileRoots);
        OrleansWorkBuilder engine = silo.AddOrleansWork(options =>
                options.Engine(o =>
                {
                    o.Slots = settings.Slots;
                    o.AsyncSlots = settings.AsyncSlots;
                    o.MaxAbandonedSlots = settings.MaxLostSlots;
                    foreach ((string name, string value) in settings.Labels)
                        o.Labels[name] = value;
                })
            )
            .AddJobsFrom(typeof(Sum).Assembly);
        foreach (Assembly assembly in jobs)
        {
            engine.AddJobsFrom(assembly);
            silo.Services.AddSerializer(serializer => serializer.AddAssembly(assembly));
        }

        return silo;
    }
}
