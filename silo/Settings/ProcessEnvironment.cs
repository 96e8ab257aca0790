namespace OrleansWork.Silo.Settings;

/// <summary>What the silo was told by its environment and what nobody else needs to know.</summary>
internal static class ProcessEnvironment
{
    private static readonly string[] s_secrets = [SettingKeys.Secret, "Redis"];

    /// <summary>Takes secrets out of the environment of this process, once they are read: what jobs start inherits it.</summary>
    public static void ForgetSecrets()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(IsSecret).ToList())
            Environment.SetEnvironmentVariable(name, null);
    }

    // Hosts also read names with a prefix of their own, such as DOTNET_OrleansWork__Secret.
    private static bool IsSecret(string name) =>
        s_secrets.Any(secret =>
            name.EndsWith($"{SettingKeys.Section}__{secret}", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith($"{SettingKeys.Section}:{secret}", StringComparison.OrdinalIgnoreCase)
        );
}
