using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OrleansWork.Values;

namespace OrleansWork.Engine.Execution;

internal sealed class EngineOptionsValidator : IValidateOptions<EngineOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        List<string> problems = [.. results.Select(result => $"OrleansWork:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}")];
        if (options.TickPeriod * 10 > options.DetachAfter)
        {
            problems.Add(
                $"OrleansWork:TickPeriod is {options.TickPeriod}; it must be at most a tenth of DetachAfter ({options.DetachAfter}), or long units are noticed late."
            );
        }

        if (options.IsolationLimit < options.HeartbeatPeriod * 8)
        {
            problems.Add(
                $"OrleansWork:IsolationLimit is {options.IsolationLimit}; it must be at least eight times HeartbeatPeriod ({options.HeartbeatPeriod}), or a few lost heartbeats stop a silo."
            );
        }

        if (options.MemoryLowWater >= options.MemoryHighWater)
        {
            problems.Add(
                $"OrleansWork:MemoryLowWater is {options.MemoryLowWater}; it must be less than MemoryHighWater ({options.MemoryHighWater}), or a silo never takes leases again."
            );
        }

        foreach (string label in options.Labels.Keys)
        {
            if (label.Length is 0 or > 64 || label.Contains('=', StringComparison.Ordinal))
                problems.Add($"OrleansWork:Labels has the name '{label}'; a name has 1 to 64 characters and no equals sign.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
