using System.Reflection;
using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Engine.Tests;

/// <summary>Who may depend on whom: what the projects' references promise holds for what was compiled.</summary>
public sealed class ArchitectureTests
{
    [Fact]
    public void Scheduling_ReferencesNothingButTheRuntime() =>
        Assert.All(References(typeof(JobMachine)), name => Assert.StartsWith("System", name, StringComparison.Ordinal));

    [Fact]
    public void Abstractions_KnowOfOrleansTheSerializationAttributesOnly() =>
        Assert.All(
            References(typeof(JobKind)).Where(name => name.StartsWith("Orleans", StringComparison.Ordinal)),
            name => Assert.True(name is "Orleans.Serialization.Abstractions" or "OrleansWork.Scheduling", name)
        );

    [Fact]
    public void Jobs_AreWrittenAgainstAbstractionsAlone() =>
        Assert.All(
            References(typeof(Jobs.Primes)).Where(name => name.StartsWith("Orleans", StringComparison.Ordinal)),
            name => Assert.Equal("OrleansWork.Abstractions", name)
        );

    [Fact]
    public void Scheduling_HoldsNoThreadAndNoClock()
    {
        Type[] forbidden = [typeof(Thread), typeof(Timer), typeof(Task), typeof(TimeProvider), typeof(CancellationTokenSource)];
        foreach (Type type in typeof(JobMachine).Assembly.GetTypes())
        {
            foreach (
                FieldInfo field in type.GetFields(
                    BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
                )
            )
                Assert.DoesNotContain(field.FieldType, forbidden);
        }
    }

    private static IEnumerable<string> References(Type type) => type.Assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
