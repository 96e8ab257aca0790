using Microsoft.Extensions.Options;

namespace OrleansWork.Engine.Execution;

/// <summary>Checks the rules that bind several options; each by itself is checked by its range.</summary>
internal sealed class EngineOptionsValidator : IValidateOptions<EngineOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> problems = [];
        if (options.TickPeriod * 10 > options.DetachAfter)
        {
            problems.Add(
                $"{EngineOptions.Section}:TickPeriod is {options.TickPeriod}; it must be at most a tenth of DetachAfter ({options.DetachAfter}), or long units are noticed late."
            );
        }

        if (options.IsolationLimit < options.HeartbeatPeriod * 8)
        {
            problems.Add(
                $"{EngineOptions.Section}:IsolationLimit is {options.IsolationLimit}; it must be at least eight times HeartbeatPeriod ({options.HeartbeatPeriod}), or a few lost heartbeats stop a silo."
            );
        }

        if (options.MemoryLowWater >= options.MemoryHighWater)
        {
            problems.Add(
                $"{EngineOptions.Section}:MemoryLowWater is {options.MemoryLowWater}; it must be less than MemoryHighWater ({options.MemoryHighWater}), or a silo never takes leases again."
            );
        }

        foreach (string label in options.Labels.Keys)
        {
            if (label.Length is 0 or > 64 || label.Contains('=', StringComparison.Ordinal))
                problems.Add($"{EngineOptions.Section}:Labels has the name '{label}'; a name has 1 to 64 characters and no equals sign.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
