using System.Numerics;
using CsCheck;

namespace OrleansWork.Jobs.Tests.Jobs;

public sealed class SumTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_Range_IsTheClosedForm(bool closedForm)
    {
        Sum.Input input = new(From: 1, To: 20_000_000, Block: 999_999, ClosedForm: closedForm);
        Assert.Equal(200_000_010_000_000, await UnitRunner.RunAsync(new Sum(), input, Token));
    }
}
