namespace OrleansWork.SystemTests.Faults;

/// <summary>The version of the kind in the next version of the product.</summary>
internal static class RecordedVersion
{
    public const int Number = 2;
}
