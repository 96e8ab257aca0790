namespace OrleansWork.SystemTests.Faults;

/// <summary>The version of <see cref="RecordedWork"/> in this assembly; tests/NextVersion builds it again under the next one.</summary>
internal static class RecordedVersion
{
    public const int Number = 1;
}
