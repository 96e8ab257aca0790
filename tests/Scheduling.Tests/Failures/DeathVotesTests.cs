using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class DeathVotesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(10_000, 2)]
    public void Needed_AnyCluster_IsTwoUnlessOneSiloIsLeftToJudge(int activeSilos, int votes) =>
        Assert.Equal(votes, DeathVotes.Needed(activeSilos));
}
