using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OrleansWork.Console.Commands;

/// <summary>Options whose errors say the option, what it is, and what it must be.</summary>
internal static class OptionKinds
{
    public static Option<string?> Text(string name, string description, string valueName, string? defaultText = null) =>
        new ConsoleOption<string?>(name, description, defaultText) { HelpName = valueName };

    public static Option<bool> Flag(string name, string description) =>
        new ConsoleOption<bool>(name, description) { Arity = ArgumentArity.Zero };

    public static Option<string[]> Many(string name, string description, string valueName) =>
        new ConsoleOption<string[]>(name, description)
        {
            HelpName = valueName,
            DefaultValueFactory = _ => [],
            Description = $"{description}; may be repeated",
        };

    public static Option<long?> Whole(string name, string description, string valueName, long min, long max, string? defaultText = null) =>
        new ConsoleOption<long?>(name, description, defaultText)
        {
            HelpName = valueName,
            CustomParser = result => ReadWhole(result, name, min, max),
        };

    /// <summary>An option whose value is a whole number, or a word for none.</summary>
    public static Option<WholeOr?> WholeOr(string name, string description, string valueName, string word, long min, long max)
    {
        ConsoleOption<WholeOr?> option = new(name, $"{description}, or {word}")
        {
            HelpName = $"{valueName} or {word}",
            CustomParser = result =>
                string.Equals(result.Tokens[0].Value, word, StringComparison.Ordinal) ? new WholeOr(null)
                : ReadWhole(result, name, min, max, orWord: word) is { } number ? new WholeOr(number)
                : null,
        };
        option.CompletionSources.Add(word);
        return option;
    }

    public static Argument<long?> WholeArgument(string name, string description, long min, long max) =>
        new(name)
        {
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => ReadWhole(result, name, min, max),
        };

    public static Option<TimeSpan?> Time(string name, string description, string? defaultText = null) =>
        new ConsoleOption<TimeSpan?>(name, description, defaultText)
        {
            HelpName = "duration",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (Duration.TryParse(text, out TimeSpan duration))
                    return duration;
                result.AddError($"{name} is '{text}'; it must be a duration such as 50ms, 30s or 2h.");
                return null;
            },
        };

    /// <summary>An option whose value is the kebab-case name of an enumeration's member.</summary>
    public static Option<TEnum?> Choice<TEnum>(string name, string description, string valueName, TEnum? byDefault = null)
        where TEnum : struct, Enum
    {
        string[] names = Names<TEnum>();
        ConsoleOption<TEnum?> option = new(
            name,
            $"{description}: {string.Join(", ", names)}",
            byDefault is { } value ? EnumNames.Of(value) : null
        )
        {
            HelpName = valueName,
            CustomParser = result => ReadChoice<TEnum>(result, name),
        };
        option.CompletionSources.Add(names);
        return option;
    }

    /// <summary>An argument that is the kebab-case name of an enumeration's member.</summary>
    public static Argument<TEnum?> ChoiceArgument<TEnum>(string name, string description)
        where TEnum : struct, Enum
    {
        string[] names = Names<TEnum>();
        Argument<TEnum?> argument = new(name)
        {
            Description = $"{description}: {string.Join(", ", names)}",
            HelpName = name,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => ReadChoice<TEnum>(result, name),
        };
        argument.CompletionSources.Add(names);
        return argument;
    }

    private static string[] Names<TEnum>()
        where TEnum : struct, Enum => [.. Enum.GetValues<TEnum>().Select(EnumNames.Of)];

    private static TEnum? ReadChoice<TEnum>(ArgumentResult result, string name)
        where TEnum : struct, Enum
    {
        string[] names = Names<TEnum>();
        string text = result.Tokens[0].Value;
        int index = Array.IndexOf(names, text);
        if (index >= 0)
            return Enum.GetValues<TEnum>()[index];
        string? near = Suggestions.Nearest(text, names);
        result.AddError(
            $"{name} is '{text}'; it must be one of {string.Join(", ", names)}.{(near is null ? "" : $" Did you mean '{near}'?")}"
        );
        return null;
    }

    private static long? ReadWhole(ArgumentResult result, string name, long min, long max, string? orWord = null)
    {
        string text = result.Tokens[0].Value;
        if (
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            && value >= min
            && value <= max
        )
            return value;
        string range =
            max == long.MaxValue ? $"{min} or more"
            : min == long.MinValue ? $"{max} or less"
            : $"from {min} to {max}";
        result.AddError(
            $"{name} is '{text}'; it must be a whole number{(min == long.MinValue && max == long.MaxValue ? "" : $", {range}")}{(orWord is null ? "" : $", or {orWord}")}."
        );
        return null;
    }
}
