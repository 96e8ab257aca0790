using OrleansWork.Engine.Hosting;
using OrleansWork.Jobs;

namespace OrleansWork.Silo.Hosting;

/// <summary>Hands the silo's settings to the engine.</summary>
internal static class EngineExtensions
{
    /// <summary>Adds the engine and the ready-made job kinds.</summary>
    public static ISiloBuilder AddEngine(this ISiloBuilder silo, SiloSettings settings)
    {
        AppContext.SetSwitch(Synthetic.AllowCrashSwitch, settings.AllowCrash);
        silo.AddOrleansWork(options =>
                options.Engine(engine =>
                {
                    engine.Slots = settings.Slots;
                    engine.AsyncSlots = settings.AsyncSlots;
                    foreach ((string name, string value) in settings.Labels)
                        engine.Labels[name] = value;
                })
            )
            .AddJobsFrom(typeof(Sum).Assembly);
        return silo;
    }
}
