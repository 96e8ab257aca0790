using CsCheck;
using OrleansWork.Scheduling.Failures;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Failures;

public sealed class UnrestTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);

    private static readonly Gen<(int Silo, int SecondsAgo)[]> Deaths = Gen.Select(Gen.Int[0, 40], Gen.Int[0, 600]).Array[0, 60];

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(12, 3)]
    [InlineData(1_000, 3)]
    public void MoreFor_DeathsOfOthers_AsksForOneMoreForEachFour(int foreign, int more)
    {
        Unrest unrest = new();
        for (int silo = 0; silo < foreign + 2; silo++)
            unrest.Add($"silo-{silo}", Now);
        Assert.Equal(more, unrest.MoreFor(own: 2, Now));
    }

    /// <summary>Whoever ends processes alone is given up as in a calm cluster, and so are two who do.</summary>
    [Fact]
    public void MoreFor_OnlyItsOwnDeathsAndThoseOfOneMore_AsksForNone() =>
        Gen.Select(Gen.Int[0, SuspectTable.DeathsToPoison], Gen.Int[0, SuspectTable.DeathsToPoison])
            .Sample(
                (own, other) =>
                {
                    Unrest unrest = new();
                    for (int silo = 0; silo < own + other; silo++)
                        unrest.Add($"silo-{silo}", Now);
                    Assert.Equal(0, unrest.MoreFor(own, Now));
                }
            );

    [Fact]
    public void MoreFor_AnyDeaths_CountsEachSiloOnceAndOnlyWhatIsRecent() =>
        Gen.Select(Deaths, Gen.Int[0, 6])
            .Sample(
                (deaths, own) =>
                {
                    Unrest unrest = new();
                    foreach ((int silo, int ago) in deaths)
                        unrest.Add($"silo-{silo}", Now - TimeSpan.FromSeconds(ago));
                    int recent = deaths
                        .DistinctBy(death => death.Silo)
                        .Count(death => TimeSpan.FromSeconds(death.SecondsAgo) <= Unrest.Remembered);
                    Assert.Equal(Math.Clamp((recent - own) / 4, 0, Unrest.MostMore), unrest.MoreFor(own, Now));
                }
            );

    [Fact]
    public void MoreFor_AsTimePasses_AsksForLessAndLess() =>
        Deaths.Sample(deaths =>
        {
            Unrest unrest = new();
            foreach ((int silo, int ago) in deaths)
                unrest.Add($"silo-{silo}", Now - TimeSpan.FromSeconds(ago));
            int before = Unrest.MostMore;
            for (TimeSpan now = Now; now <= Now + Unrest.Remembered; now += TimeSpan.FromSeconds(20))
            {
                int more = unrest.MoreFor(own: 2, now);
                Assert.InRange(more, 0, before);
                before = more;
            }

            Assert.Equal(0, unrest.MoreFor(own: 2, Now + Unrest.Remembered + TimeSpan.FromSeconds(1)));
        });
}
