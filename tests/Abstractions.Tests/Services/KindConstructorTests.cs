using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWork.Services;

namespace OrleansWork.Abstractions.Tests.Services;

public sealed class KindConstructorTests
{
    public interface IClock
    {
        DateTimeOffset Now { get; }
    }

    public interface IStore<T>
    {
        T? Kept { get; }
    }

    public sealed class Clock : IClock
    {
        public DateTimeOffset Now => default;
    }

    public abstract class Made : JobKind<int, long>
    {
        public override long CountUnits(int input) => 1;

        public override long RunUnit(int input, long unit, UnitContext context) => 1;

        public override long Combine(long left, long right) => left;
    }

    public sealed class Plain : Made;

    public sealed class NeedsAService(IClock clock) : Made
    {
        public IClock Clock { get; } = clock;
    }

    public sealed class NeedsAGenericOne(IClock clock, IStore<List<int>> store) : Made
    {
        public object Used { get; } = (clock, store);
    }

    public sealed class NeedsAKeyedOne([FromKeyedServices("wall")] IClock clock) : Made
    {
        public IClock Clock { get; } = clock;
    }

    public sealed class NeedsText(string folder, int size) : Made
    {
        public string Used { get; } = $"{folder}{size}";
    }

    public sealed class HasDefaults(IClock? clock = null, int size = 3) : Made
    {
        public (IClock?, int) Used { get; } = (clock, size);
    }

    public sealed class Hidden : Made
    {
        private Hidden() { }
    }

    public sealed class TakesTheLongest : Made
    {
        public TakesTheLongest() { }

        public TakesTheLongest(IClock clock) => Clock = clock;

        public TakesTheLongest(IClock clock, IStore<int> store) => throw new InvalidOperationException($"{clock}{store}");

        public IClock? Clock { get; }
    }

    public sealed class Ambiguous : Made
    {
        public Ambiguous(IClock clock) => Used = clock;

        public Ambiguous(ILoggerFactory loggers) => Used = loggers;

        public object Used { get; }
    }

    public sealed class Marked : Made
    {
        [ActivatorUtilitiesConstructor]
        public Marked(IClock clock) => Used = clock;

        public Marked(ILoggerFactory loggers) => Used = loggers;

        public object Used { get; }
    }

    public sealed class Throws : Made
    {
        public Throws() => throw new InvalidOperationException("no model", new IOException("no disk"));
    }

    public sealed class ThrowsBefore : Made
    {
        public static readonly int Size = int.Parse("many", System.Globalization.CultureInfo.InvariantCulture);
        private readonly int _size = Size;

        public override long CountUnits(int input) => _size;
    }

    public sealed class Deep(Deep.Service service) : Made
    {
        public sealed class Service(IStore<int> store)
        {
            public IStore<int> Store { get; } = store;
        }

        public Service Used { get; } = service;
    }

    [Theory]
    [InlineData(
        typeof(NeedsAService),
        "needs a service IClock for parameter clock of its constructor, and nobody registers one; register it in a public class that implements IJobServices"
    )]
    [InlineData(typeof(NeedsAGenericOne), "needs a service IStore<List<Int32>> for parameter store of its constructor")]
    [InlineData(typeof(NeedsAKeyedOne), "needs a service IClock with the key wall for parameter clock")]
    [InlineData(typeof(NeedsText), "asks for a string in parameter folder of its constructor, which only takes services")]
    [InlineData(typeof(NeedsText), "asks for a value of type Int32 in parameter size")]
    [InlineData(typeof(Hidden), "has no public constructor; make one public.")]
    public void Check_ConstructorThatCannotBeCalled_NamesKindAndParameter(Type kind, string words)
    {
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        JobKindDescriptor descriptor = JobKindDescriptor.FromType(kind);
        JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() => KindConstructor.Check(descriptor, services));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Job kind {descriptor.Name} ({kind}) ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refused.Class);
        Assert.ThrowsAny<InvalidOperationException>(() => KindConstructor.Create(kind, services));
    }

    [Theory]
    [InlineData(typeof(Plain))]
    [InlineData(typeof(NeedsAService))]
    [InlineData(typeof(HasDefaults))]
    [InlineData(typeof(TakesTheLongest))]
    [InlineData(typeof(Marked))]
    public void Check_ConstructorThatCanBeCalled_MakesOne(Type kind)
    {
        using ServiceProvider services = new ServiceCollection().AddSingleton<IClock, Clock>().AddLogging().BuildServiceProvider();
        Assert.IsType(kind, KindConstructor.CreateOrExplain(JobKindDescriptor.FromType(kind), services));
    }

    [Fact]
    public void Check_TwoThatWouldDo_SaysWhich()
    {
        using ServiceProvider services = new ServiceCollection().AddSingleton<IClock, Clock>().AddLogging().BuildServiceProvider();
        JobKindDescriptor kind = JobKindDescriptor.FromType(typeof(Ambiguous));
        JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() => KindConstructor.Check(kind, services));
        Assert.Contains(
            "has several constructors that could be called, (IClock) and (ILoggerFactory); mark one [ActivatorUtilitiesConstructor].",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.ThrowsAny<InvalidOperationException>(() => KindConstructor.Create(kind.Type, services));
    }

    [Theory]
    [InlineData(typeof(Throws), "threw InvalidOperationException: no model ---> System.IO.IOException: no disk")]
    [InlineData(typeof(ThrowsBefore), "---> System.FormatException: The input string 'many' was not in a correct format.")]
    [InlineData(typeof(Deep), "IStore`1[System.Int32]")]
    public void CreateOrExplain_SomethingThrows_SaysWhatAndWhy(Type kind, string words)
    {
        using ServiceProvider services = new ServiceCollection().AddScoped<Deep.Service>().BuildServiceProvider();
        JobKindDefinitionException refused = Assert.Throws<JobKindDefinitionException>(() =>
            KindConstructor.CreateOrExplain(JobKindDescriptor.FromType(kind), services)
        );
        Assert.Contains("cannot be made: its constructor, or a service it needs, ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }
}
