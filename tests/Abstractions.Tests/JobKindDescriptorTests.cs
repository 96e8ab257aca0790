using System.Reflection;
using OrleansWork.Jobs;

namespace OrleansWork.Abstractions.Tests;

public sealed class JobKindDescriptorTests
{
    public abstract class Counting<TInput> : JobKind<TInput, long>
    {
        public override long CountUnits(TInput input) => 1;

        public override long Combine(long left, long right) => left + right;
    }

    public abstract class Waiting : Counting<int>
    {
        public override ValueTask<long> RunUnitAsync(int input, long unit, UnitContext context) => ValueTask.FromResult(unit);
    }

    public sealed class CountPrimes : Counting<int>
    {
        public override long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    public sealed class WaitsBelow : Waiting;

    [JobKind("renamed", Version = 3, Description = "Says so.", SideEffects = true, AsyncSlots = 7)]
    public class WaitsAgain : Waiting
    {
        public override ValueTask<long> RunUnitAsync(int input, long unit, UnitContext context) => base.RunUnitAsync(input, unit, context);
    }

    public sealed class Derived : WaitsAgain;

    public sealed class Neither : Counting<int>;

    public sealed class Both : Waiting
    {
        public override long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    [JobKind("Upper Case")]
    public sealed class BadName : Counting<int>
    {
        public override long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    [JobKind(Version = 0)]
    public sealed class BadVersion : Counting<int>
    {
        public override long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    public sealed class Hides : Counting<int>
    {
        public new long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    private sealed class FFTOf2DImages : JobKind<string, int, byte[]>
    {
        public override long CountUnits(string input) => 1;

        public override int RunUnit(string input, long unit, UnitContext context) => 1;

        public override int Combine(int left, int right) => left;

        public override byte[] Finish(string input, int partial) => [];
    }

    [JobKind(MediaType = "text/csv; charset=utf-8")]
    private sealed class Table : JobKind<string, byte[]>
    {
        public override long CountUnits(string input) => 1;

        public override byte[] RunUnit(string input, long unit, UnitContext context) => [];

        public override byte[] Combine(byte[] left, byte[] right) => left;
    }

    [JobKind(MediaType = "image/png")]
    private sealed class PictureOfANumber : Counting<int>
    {
        public override long RunUnit(int input, long unit, UnitContext context) => unit;
    }

    [JobKind(MediaType = "png")]
    private sealed class BadMediaType : JobKind<string, byte[]>
    {
        public override long CountUnits(string input) => 1;

        public override byte[] RunUnit(string input, long unit, UnitContext context) => [];

        public override byte[] Combine(byte[] left, byte[] right) => left;
    }

    [Theory]
    [InlineData(typeof(CountPrimes), "application/json")]
    [InlineData(typeof(FFTOf2DImages), "application/octet-stream")]
    [InlineData(typeof(Table), "text/csv; charset=utf-8")]
    public void FromType_Result_HasItsMediaType(Type type, string mediaType) =>
        Assert.Equal(mediaType, JobKindDescriptor.FromType(type).MediaType);

    [Fact]
    public void FromType_ShortForm_HasTheResultAsItsPartial()
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(typeof(CountPrimes));
        Assert.Equal("count-primes", kind.Name);
        Assert.Equal((typeof(int), typeof(long), typeof(long)), (kind.InputType, kind.PartialType, kind.ResultType));
        Assert.Equal((1, "", false, 0, false), (kind.Version, kind.Description, kind.SideEffects, kind.AsyncSlots, kind.IsAsync));
    }

    [Fact]
    public void FromType_LongForm_HasThreeTypes()
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(typeof(FFTOf2DImages));
        Assert.Equal("fft-of2-d-images", kind.Name);
        Assert.Equal((typeof(string), typeof(int), typeof(byte[])), (kind.InputType, kind.PartialType, kind.ResultType));
    }

    [Fact]
    public void FromType_Attribute_IsRead()
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(typeof(WaitsAgain));
        Assert.Equal(
            ("renamed", 3, "Says so.", true, 7, true),
            (kind.Name, kind.Version, kind.Description, kind.SideEffects, kind.AsyncSlots, kind.IsAsync)
        );
    }

    [Theory]
    [InlineData(typeof(WaitsBelow), "waits-below")]
    [InlineData(typeof(Derived), "derived")]
    public void FromType_OverrideInABaseClass_Counts(Type type, string name)
    {
        JobKindDescriptor kind = JobKindDescriptor.FromType(type);
        Assert.True(kind.IsAsync);
        Assert.Equal(name, kind.Name);
    }

    [Theory]
    [InlineData(typeof(Neither), "neither RunUnit nor RunUnitAsync")]
    [InlineData(typeof(Hides), "neither RunUnit nor RunUnitAsync")]
    [InlineData(typeof(Both), "both RunUnit and RunUnitAsync")]
    [InlineData(typeof(BadName), "lower-case letters")]
    [InlineData(typeof(BadVersion), "versions start at 1")]
    [InlineData(typeof(PictureOfANumber), "always JSON")]
    [InlineData(typeof(BadMediaType), "image/png")]
    [InlineData(typeof(Counting<>), "not a job kind")]
    [InlineData(typeof(Waiting), "not a job kind")]
    [InlineData(typeof(string), "not a job kind")]
    public void FromType_CannotBeRun_SaysWhatToChange(Type type, string words)
    {
        JobKindDefinitionException exception = Assert.Throws<JobKindDefinitionException>(() => JobKindDescriptor.FromType(type));
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        Assert.Contains(type.Name.Split('`')[0], exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromAssembly_ReadyMadeKinds_AreFoundWithTheirNames()
    {
        IReadOnlyList<JobKindDescriptor> kinds = JobKindDescriptor.FromAssembly(typeof(Sum).Assembly);
        Assert.Equal(
            ["exec", "mandelbrot", "pi", "primes", "sum", "synthetic", "wait", "wordcount"],
            kinds.Select(kind => kind.Name).Order(StringComparer.Ordinal)
        );
        Assert.All(kinds, kind => Assert.NotEqual("", kind.Description));
        Assert.All(
            kinds,
            kind =>
            {
                object reference = kind.Type.GetField("Kind", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
                Assert.Equal(kind.Name, reference.GetType().GetProperty("Name")!.GetValue(reference));
                Assert.Equal(
                    typeof(JobKindRef<,>).MakeGenericType(kind.InputType, kind.OutputType ?? kind.ResultType),
                    reference.GetType()
                );
            }
        );
    }

    [Fact]
    public void JobSeed_KindAndInput_DecideIt()
    {
        Assert.Equal(13468240563608172302UL, JobSeed.Of("sum", "{}"u8));
        Assert.NotEqual(JobSeed.Of("sum", "{}"u8), JobSeed.Of("pi", "{}"u8));
        Assert.NotEqual(JobSeed.Of("sum", "{}"u8), JobSeed.Of("sum", "{ }"u8));
        Assert.Equal(ulong.MaxValue, JobSeed.Of(new JobOptions { Seed = -1 }, "sum", "{}"u8));
    }
}
