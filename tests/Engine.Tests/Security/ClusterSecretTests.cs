using OrleansWork.Protocol.Security;
using Xunit;

namespace OrleansWork.Engine.Tests.Security;

public sealed class ClusterSecretTests
{
    [Fact]
    public void ClientForm_OfAnySecret_OpensGatewaysAndNoSilo()
    {
        ClusterSecret full = ClusterSecret.Parse(ClusterSecret.Create());
        ClusterSecret client = ClusterSecret.Parse(full.ClientForm);
        Assert.False(full.IsClientForm);
        Assert.True(client.IsClientForm);
        Assert.Equal(full.ClientForm, client.ClientForm);
        Assert.True(full.KeyOf(ConnectionRole.Client).SequenceEqual(client.KeyOf(ConnectionRole.Client)));
        Assert.False(full.KeyOf(ConnectionRole.Client).SequenceEqual(full.KeyOf(ConnectionRole.Silo)));
        Assert.Throws<InvalidOperationException>(() => client.KeyOf(ConnectionRole.Silo).Length);
    }

    [Fact]
    public void Create_Twice_IsNeverTheSame() => Assert.NotEqual(ClusterSecret.Create(), ClusterSecret.Create());

    [Theory]
    [InlineData(null, "0 characters")]
    [InlineData("", "0 characters")]
    [InlineData("fifteen-letters", "15 characters")]
    [InlineData("client-", "cut or mistyped")]
    [InlineData("client-AAAA", "cut or mistyped")]
    [InlineData("client-%%%%AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cut or mistyped")]
    public void Parse_WhatIsNone_SaysWhyWithoutSayingIt(string? text, string why)
    {
        Assert.False(ClusterSecret.TryParse(text, out ClusterSecret? secret, out string? problem));
        Assert.Null(secret);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        if (text?.Length > 7)
            Assert.DoesNotContain(text, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_EitherForm_HoldsNoSecret()
    {
        const string Text = "a secret of many characters";
        ClusterSecret secret = ClusterSecret.Parse($"  {Text}\n");
        Assert.Equal(ClusterSecret.Parse(Text).ClientForm, secret.ClientForm);
        Assert.DoesNotContain(Text, $"{secret}", StringComparison.Ordinal);
        Assert.DoesNotContain(secret.ClientForm, $"{ClusterSecret.Parse(secret.ClientForm)}", StringComparison.Ordinal);
    }
}
