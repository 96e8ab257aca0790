using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansWork;

internal sealed class ComputeClientOptionsValidator : IValidateOptions<ComputeClientOptions>
{
    public ValidateOptionsResult Validate(string? name, ComputeClientOptions options)
    {
        List<ValidationResult> broken = [];
        return Validator.TryValidateObject(options, new ValidationContext(options), broken, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(broken.Select(result => $"{nameof(ComputeClientOptions)}: {result.ErrorMessage}"));
    }
}
