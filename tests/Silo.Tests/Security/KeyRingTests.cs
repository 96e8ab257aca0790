using Microsoft.Extensions.Time.Testing;
using OrleansWork.Silo.Security;

namespace OrleansWork.Silo.Tests.Security;

/// <summary>Keys for HTTP, as a silo knows them.</summary>
public sealed class KeyRingTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Find_OneOfSeveral_IsFoundByItsTextAlone()
    {
        (string viewer, AccessKey first) = AccessKey.Create("eve", AccessRole.Viewer);
        (string owner, AccessKey second) = AccessKey.Create("owner", AccessRole.Operator);
        KeyRing keys = new([first, second], _time);
        Assert.Equal(("eve", AccessRole.Viewer), (keys.Find(viewer)!.Name, keys.Find(viewer)!.Role));
        Assert.Equal("owner", keys.Find(owner)!.Name);
        Assert.All(
            (string[])["", "x", owner + " ", owner[..^1], owner.ToUpperInvariant(), Convert.ToHexString(second.Hash.Span)],
            text => Assert.Null(keys.Find(text))
        );
    }

    [Theory]
    [InlineData("owner:operator:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", true)]
    [InlineData("a.b-c_1:Viewer:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true)]
    [InlineData("owner:3:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false)]
    [InlineData("owner::e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false)]
    [InlineData(":viewer:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false)]
    [InlineData("owner:operator:e3b0", false)]
    [InlineData("owner:operator:", false)]
    [InlineData("secret-key-itself", false)]
    public void Parse_Setting_IsWhatTheFormSays(string item, bool isKey) => Assert.Equal(isKey, AccessKey.TryParse(item, out _));

    [Fact]
    public async Task Penalize_TenInAMinute_IsFreeAndThenSlow()
    {
        KeyRing keys = new([], _time);
        for (int failure = 0; failure < KeyRing.FreeFailures; failure++)
            Assert.True(keys.PenalizeAsync(Token).IsCompletedSuccessfully);
        Task<bool> next = keys.PenalizeAsync(Token);
        Assert.False(next.IsCompleted);
        _time.Advance(KeyRing.Delay);
        Assert.True(await next);

        // A minute of peace, and the next mistakes are free again.
        _time.Advance(KeyRing.Window + TimeSpan.FromSeconds(1));
        Assert.True(keys.PenalizeAsync(Token).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Penalize_ManyAtOnce_FewWaitAndTheOthersAreSentAway()
    {
        KeyRing keys = new([], _time);
        Task<bool>[] answers =
        [
            .. Enumerable.Range(0, KeyRing.FreeFailures + KeyRing.MostWaiting + 30).Select(_ => keys.PenalizeAsync(Token)),
        ];
        Task<bool>[] waiting = [.. answers.Where(answer => !answer.IsCompleted)];
        Assert.Equal(KeyRing.MostWaiting, waiting.Length);
        Assert.Equal(30, (await Task.WhenAll(answers.Where(answer => answer.IsCompleted))).Count(answer => !answer));
        _time.Advance(KeyRing.Delay);
        Assert.Equal(KeyRing.FreeFailures + KeyRing.MostWaiting, (await Task.WhenAll(answers)).Count(answer => answer));
    }
}
