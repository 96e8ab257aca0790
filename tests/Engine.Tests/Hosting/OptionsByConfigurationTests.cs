using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansWork.Configuration;
using Xunit;

namespace OrleansWork.Engine.Tests.Hosting;

/// <summary>Every option of every options class is set by the host's configuration, within its range, and by no other name.</summary>
public sealed class OptionsByConfigurationTests
{
    private static readonly Assembly[] s_products = [typeof(EngineOptions).Assembly, typeof(ComputeClientOptions).Assembly];

    /// <summary>Options that are set in code alone, with the reason.</summary>
    private static readonly Type[] s_codeOnly =
    [
        // Holds what changes the others.
        typeof(OrleansWorkOptions),
    ];

    public static TheoryData<Type> Classes =>
        [
            .. s_products
                .SelectMany(product => product.GetTypes())
                .Where(type => type is { IsClass: true, IsAbstract: false } && type.Name.EndsWith("Options", StringComparison.Ordinal))
                .Except(s_codeOnly),
        ];

    [Theory]
    [MemberData(nameof(Classes))]
    public void EveryOption_IsTakenFromItsSection(Type options)
    {
        object defaults = Activator.CreateInstance(options)!;
        foreach (PropertyInfo option in Options(options))
        {
            (string text, object value) = Other(option, option.GetValue(defaults));
            object read = Read(options, (option.Name, text));
            Assert.Equal(value, option.GetValue(read));
            foreach (PropertyInfo rest in Options(options).Where(other => other != option))
                Assert.Equal(rest.GetValue(defaults), rest.GetValue(read));
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void EveryOption_OutOfItsRangeOrNotReadable_IsNamedWithItsRule(Type options)
    {
        foreach (PropertyInfo option in Options(options).Where(option => option.PropertyType != typeof(IDictionary<string, string>)))
        {
            string key = $"{Section(options)}:{option.Name}";
            string unreadable = Assert.Single(Problems(options, (option.Name, "no such thing")));
            Assert.StartsWith($"{key} is 'no such thing'; it must be ", unreadable, StringComparison.Ordinal);
            if (option.PropertyType == typeof(bool))
                continue;
            RangeAttribute range =
                option.GetCustomAttribute<RangeAttribute>() ?? throw new InvalidOperationException($"{key} has no range.");
            foreach (string text in OutOf(range, option))
                Assert.StartsWith($"{key} is ", Assert.Single(Problems(options, (option.Name, text))), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void UnknownKey_IsRefusedWithTheNearestOne(Type options)
    {
        foreach (PropertyInfo option in Options(options))
        {
            Assert.Equal(
                [$"{Section(options)}:{option.Name}X is not an option. Did you mean {Section(options)}:{option.Name}?"],
                Problems(options, ($"{option.Name}X", "1"))
            );
        }
    }

    [Theory]
    [InlineData("gpu, zone=a")]
    [InlineData("gpu\nzone=a")]
    public void Labels_AsOneText_AreThoseOfASection(string text)
    {
        EngineOptions read = (EngineOptions)Read(typeof(EngineOptions), ("Labels", text));
        EngineOptions section = (EngineOptions)Read(typeof(EngineOptions), ("Labels:gpu", ""), ("Labels:zone", "a"));
        EngineOptions list = (EngineOptions)Read(typeof(EngineOptions), ("Labels:0", "gpu"), ("Labels:1", "zone=a"));
        Assert.Equal([("gpu", ""), ("zone", "a")], read.Labels.Select(label => (label.Key, label.Value)));
        Assert.Equal(read.Labels, section.Labels);
        Assert.Equal(read.Labels, list.Labels);
    }

    [Fact]
    public void Labels_ThatAreAmbiguous_AreRefused()
    {
        const string Key = "OrleansWork:Engine:Labels";
        Assert.Equal([$"{Key} has 'a' twice."], Problems(typeof(EngineOptions), ("Labels", "a=1,a=2")));
        Assert.Equal(
            [$"{Key} is set as a text and as a section; set one of them."],
            Problems(typeof(EngineOptions), ("Labels", "gpu"), ("Labels:zone", "a"))
        );
        Assert.Equal([$"{Key}:zone is a section; it must be a text."], Problems(typeof(EngineOptions), ("Labels:zone:x", "1")));
    }

    [Fact]
    public void Labels_OfOddForms_AreTakenAsWritten()
    {
        Assert.Equal(["gpu", "zone"], Labels(("Labels:0", "gpu,zone=a")).Keys);
        Assert.Equal("x", Labels(("Labels:2026", "x"))["2026"]);
        Assert.Equal("b=c", Labels(("Labels", "a=b=c"))["a"]);
        Assert.Equal(["zone"], Labels(("Labels", " "), ("Labels:zone", "a")).Keys);

        static IDictionary<string, string> Labels(params (string, string)[] values) =>
            ((EngineOptions)Read(typeof(EngineOptions), values)).Labels;
    }

    [Fact]
    public void Duration_WithoutAUnit_IsNotReadAsDays()
    {
        Assert.StartsWith(
            "OrleansWork:Engine:PrepareTimeout is '1'; it must be a duration",
            Assert.Single(Problems(typeof(EngineOptions), ("PrepareTimeout", "1"))),
            StringComparison.Ordinal
        );
        Assert.Equal(TimeSpan.FromSeconds(90), ((EngineOptions)Read(typeof(EngineOptions), ("PrepareTimeout", "00:01:30"))).PrepareTimeout);
    }

    [Fact]
    public void Section_ThatIsAText_IsRefused()
    {
        ServiceCollection services = [];
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new(EngineOptions.Section, "5")]).Build());
        services.AddConfiguredOptions<EngineOptions>(EngineOptions.Section);
        using ServiceProvider provider = services.BuildServiceProvider();
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() =>
            provider.GetRequiredService<IOptions<EngineOptions>>().Value
        );
        Assert.Equal(["OrleansWork:Engine is '5'; it is a section of options, such as OrleansWork:Engine:Slots."], refused.Failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Code_WinsOverConfiguration_WheneverItIsRegistered(bool before)
    {
        ServiceCollection services = [];
        services.AddSingleton(Configuration(typeof(EngineOptions), ("Slots", "3"), ("AsyncSlots", "7")));
        if (before)
            services.Configure<EngineOptions>(options => options.Slots = 5);
        services.AddConfiguredOptions<EngineOptions>(EngineOptions.Section);
        services.AddConfiguredOptions<EngineOptions>(EngineOptions.Section);
        if (!before)
            services.Configure<EngineOptions>(options => options.Slots = 5);
        using ServiceProvider provider = services.BuildServiceProvider();
        EngineOptions read = provider.GetRequiredService<IOptions<EngineOptions>>().Value;
        Assert.Equal((5, 7), (read.Slots, read.AsyncSlots));
    }

    private static IEnumerable<PropertyInfo> Options(Type options) =>
        options
            .GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.SetMethod is { IsPublic: true } || property.PropertyType == typeof(IDictionary<string, string>));

    private static string Section(Type options) =>
        (string)(options.GetField("Section")?.GetValue(null) ?? throw new InvalidOperationException($"{options} names no section."));

    private static (string Text, object Value) Other(PropertyInfo option, object? standing)
    {
        RangeAttribute? range = option.GetCustomAttribute<RangeAttribute>();
        _ = range?.IsValid(standing);
        return standing switch
        {
            bool flag => ($"{!flag}", !flag),
            int number => Either(number, (int)range!.Minimum, (int)range.Maximum, value => value.ToString(CultureInfo.InvariantCulture)),
            long number => Either(number, (long)range!.Minimum, (long)range.Maximum, value => value.ToString(CultureInfo.InvariantCulture)),
            double number => Either(
                number,
                (double)range!.Minimum,
                (double)range.Maximum,
                value => value.ToString(CultureInfo.InvariantCulture)
            ),
            TimeSpan duration => Either(duration, (TimeSpan)range!.Minimum, (TimeSpan)range.Maximum, Duration.Format),
            _ => ("gpu,zone=a", new Dictionary<string, string> { ["gpu"] = "", ["zone"] = "a" }),
        };

        static (string, object) Either<T>(T standing, T least, T most, Func<T, string> text)
            where T : notnull
        {
            T other = standing.Equals(least) ? most : least;
            return (text(other), other);
        }
    }

    private static IEnumerable<string> OutOf(RangeAttribute range, PropertyInfo option)
    {
        _ = range.IsValid(Activator.CreateInstance(option.PropertyType));
        return range.Minimum switch
        {
            int least => [$"{least - 1L}", .. (int)range.Maximum < int.MaxValue ? [$"{(int)range.Maximum + 1}"] : (string[])[]],
            long least => [$"{least - 1}", $"{(long)range.Maximum + 1}"],
            double least => [$"{least / 2}", $"{(double)range.Maximum * 2}"],
            TimeSpan least =>
            [
                .. least > TimeSpan.Zero ? [Duration.Format(least / 2)] : (string[])[],
                Duration.Format((TimeSpan)range.Maximum + TimeSpan.FromMilliseconds(1)),
            ],
            _ => throw new InvalidOperationException($"{option.Name} has a range of {range.Minimum.GetType()}."),
        };
    }

    private static object Read(Type options, params (string Key, string Value)[] values)
    {
        ServiceCollection services = [];
        services.AddSingleton(Configuration(options, values));
        typeof(ConfiguredOptionsExtensions)
            .GetMethod(nameof(ConfiguredOptionsExtensions.AddConfiguredOptions))!
            .MakeGenericMethod(options)
            .Invoke(null, [services, Section(options)]);
        using ServiceProvider provider = services.BuildServiceProvider();
        return ((IOptions<object>)provider.GetRequiredService(typeof(IOptions<>).MakeGenericType(options))).Value;
    }

    private static IEnumerable<string> Problems(Type options, params (string Key, string Value)[] values) =>
        Assert.IsType<OptionsValidationException>(Record.Exception(() => Read(options, values))).Failures;

    private static IConfiguration Configuration(Type options, params (string Key, string Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"{Section(options)}:{value.Key}", (string?)value.Value)))
            .Build();
}
