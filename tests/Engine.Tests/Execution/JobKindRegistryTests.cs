using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansWork.Engine.Execution;
using Xunit;

namespace OrleansWork.Engine.Tests.Execution;

public sealed class JobKindRegistryTests
{
    [Fact]
    public void TwoTypesOfOneNameAndVersion_RefuseStartAndNameBoth()
    {
        JobKindDefinitionException thrown = Assert.Throws<JobKindDefinitionException>(() => Make(typeof(Twin), typeof(OtherTwin)));
        Assert.Contains(nameof(Twin), thrown.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(OtherTwin), thrown.Message, StringComparison.Ordinal);
        Assert.Contains("twin version 1", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneTypeTwice_IsOneKind() => Assert.Single(Make(typeof(Twin), typeof(Twin)).Profiles);

    [Fact]
    public void Versions_AreKeptSideBySideAndTheNewestIsFound()
    {
        JobKindRegistry registry = Make(typeof(NewerTwin), typeof(Twin));
        Assert.Equal([("twin", 1), ("twin", 3)], registry.Profiles.Select(kind => (kind.Name, kind.Version)));
        Assert.True(registry.TryGetNewest("twin", out KindRuntime? newest));
        Assert.Equal(3, newest.Descriptor.Version);
        Assert.True(registry.TryGet("twin", 1, out _));
        Assert.False(registry.TryGet("twin", 2, out _));
        Assert.Equal(["twin"], registry.Names);
    }

    [Fact]
    public async Task Runtime_ReadsCountsCombinesAndFinishes()
    {
        JobKindRegistry registry = Make(typeof(Twin));
        Assert.True(registry.TryGet("twin", 1, out KindRuntime? kind));
        InputReading wrong = kind.ReadInput("{\"unitz\":3}"u8.ToArray());
        Assert.Null(wrong.Canonical);
        Assert.NotEmpty(wrong.Problems);
        InputReading reading = kind.ReadInput("{}"u8.ToArray());
        Assert.Equal("{\"units\":4}"u8.ToArray(), reading.Canonical);
        await using JobInstance instance = kind.CreateInstance(reading.Canonical);
        Assert.Equal(4, instance.CountUnits());
        PartialStore partials = instance.CreatePartials();
        partials.Put(1, BitConverter.GetBytes(20));
        partials.Put(2, BitConverter.GetBytes(22));
        partials.Combine(1, 2, 3);
        Assert.Equal(1, partials.Count);
        Assert.Equal(BitConverter.GetBytes(42), partials.Encode(3));
        Assert.Throws<KeyNotFoundException>(() => partials.Encode(1));
        ResultPayload result = partials.Finish(3);
        Assert.Equal(("42", "application/json"), (System.Text.Encoding.UTF8.GetString(result.Content), result.MediaType));
        Assert.Throws<PermanentFailureException>(() => partials.Finish(null));
    }

    [Fact]
    public async Task Runtime_BytesResult_KeepsItsBytes()
    {
        JobKindRegistry registry = Make(typeof(BulkyKind));
        Assert.True(registry.TryGetNewest("bulky", out KindRuntime? kind));
        await using JobInstance instance = kind.CreateInstance("{\"sizes\":[1]}"u8.ToArray());
        PartialStore partials = instance.CreatePartials();
        partials.Put(5, [1, 2, 3]);
        ResultPayload result = partials.Finish(5);
        Assert.Equal([1, 2, 3], result.Content);
        Assert.Equal("application/octet-stream", result.MediaType);
    }

    [Fact]
    public async Task Runtime_BytesResultOfANamedType_HasThatMediaType()
    {
        JobKindRegistry registry = Make(typeof(Picture));
        Assert.True(registry.TryGetNewest("picture", out KindRuntime? kind));
        await using JobInstance instance = kind.CreateInstance("{}"u8.ToArray());
        PartialStore partials = instance.CreatePartials();
        partials.Put(5, [1, 2, 3]);
        ResultPayload result = partials.Finish(5);
        Assert.Equal([1, 2, 3], result.Content);
        Assert.Equal("image/png", result.MediaType);
    }

    private static JobKindRegistry Make(params Type[] kinds) =>
        new(kinds.Select(JobKindDescriptor.FromType), new ServiceCollection().BuildServiceProvider(), Options.Create(new EngineOptions()));

    [JobKind("twin")]
    public class Twin : JobKind<Twin.Input, int>
    {
        public sealed record Input(long Units = 4);

        public override long CountUnits(Input input) => input.Units;

        public override int RunUnit(Input input, long unit, UnitContext context) => 1;

        public override int Combine(int left, int right) => left + right;
    }

    [JobKind("picture", MediaType = "image/png")]
    public sealed class Picture : JobKind<Picture.Input, byte[]>
    {
        public sealed record Input;

        public override long CountUnits(Input input) => 1;

        public override byte[] RunUnit(Input input, long unit, UnitContext context) => [];

        public override byte[] Combine(byte[] left, byte[] right) => left;
    }

    [JobKind("twin")]
    public sealed class OtherTwin : Twin;

    [JobKind("twin", Version = 3)]
    public sealed class NewerTwin : Twin;
}
