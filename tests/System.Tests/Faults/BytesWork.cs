namespace OrleansWork.SystemTests.Faults;

/// <summary>A unit whose result is as many bytes as wanted, crossing as they are.</summary>
[JobKind("bytes", Description = "As many bytes as wanted")]
public sealed class BytesWork : JobKind<BytesWork.Input, byte[]>
{
    public sealed record Input(int Size);

    public static JobKindRef<Input, byte[]> Kind { get; } = KindOf<BytesWork>();

    public override long CountUnits(Input input) => 1;

    public override byte[] RunUnit(Input input, long unit, UnitContext context) => new byte[input.Size];

    public override byte[] Combine(byte[] left, byte[] right) => left;
}
