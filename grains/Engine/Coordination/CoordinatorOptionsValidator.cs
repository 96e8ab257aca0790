using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansWork.Engine.Coordination;

internal sealed class CoordinatorOptionsValidator : IValidateOptions<CoordinatorOptions>
{
    public ValidateOptionsResult Validate(string? name, CoordinatorOptions options)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                results.Select(result => $"OrleansWork:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}")
            );
    }
}
