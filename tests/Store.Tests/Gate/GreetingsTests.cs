using System.Text;
using CsCheck;
using OrleansWork.Store.Gate;
using Xunit;

namespace OrleansWork.Store.Tests.Gate;

public sealed class GreetingsTests
{
    private const string Password = "0123456789abcdef";

    public static TheoryData<string> Proofs { get; } =
    [
        Request("AUTH", Password),
        Request("auth", "default", Password),
        Request("HELLO", "3", "AUTH", "default", Password),
        Request("HELLO", "3", "AUTH", "default", Password, "SETNAME", "a silo"),
    ];

    [Theory]
    [MemberData(nameof(Proofs))]
    public void Read_ThePassword_IsProvedOnceItIsWhole(string request)
    {
        for (int count = 0; count < request.Length; count++)
            Assert.Equal(Greeting.Unfinished, Read(request[..count]));
        Assert.Equal(Greeting.Proved, Read(request));
        Assert.Equal(Greeting.Proved, Read(request + Request("PING")));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PING\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*99\r\n")]
    [InlineData("*2000000000")]
    [InlineData("*2\r\n$4\r\nAUTH\r\n$2000000\r\n")]
    [InlineData("*2\r\n$4\r\nAUTHxx")]
    [InlineData("*2\r\n$4\r\nAUTH\r\n$-1\r\n")]
    public void Read_SomethingElse_IsRefusedAtOnce(string words) => Assert.Equal(Greeting.Refused, Read(words));

    [Fact]
    public void Read_AnotherRequest_IsRefused()
    {
        foreach (
            string request in (string[])
                [
                    Request("PING"),
                    Request("AUTH"),
                    Request("HELLO", "3"),
                    Request("AUTH", "wrong"),
                    Request("AUTH", Password + "0"),
                    Request("AUTH", "other", Password),
                    Request("AUTH", "default", Password, "more"),
                    Request("HELLO", "3", "AUTH", "other", Password),
                    Request("HELLO", "3", "SETNAME", "default", Password),
                    Request("HELLO", "3", "AUTH", "default", "wrong"),
                    Request("PING") + Request("AUTH", Password),
                ]
        )
            Assert.Equal(Greeting.Refused, Read(request));
    }

    [Fact]
    public void Read_AnyBytes_NeverThrowsAndNeverProves() =>
        Gen.Select(Gen.Byte.Array[0, 700], Gen.Int[0, 40])
            .Sample(
                (noise, kept) =>
                {
                    byte[] bytes = [.. Encoding.ASCII.GetBytes(Request("AUTH", Password)).Take(kept), .. noise];
                    Greeting read = Greetings.Read(bytes, Encoding.ASCII.GetBytes(Password));
                    Assert.True(read != Greeting.Proved || bytes.AsSpan().IndexOf("89abcdef"u8) > 0);
                }
            );

    internal static string Request(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"));

    private static Greeting Read(string words) => Greetings.Read(Encoding.ASCII.GetBytes(words), Encoding.ASCII.GetBytes(Password));
}
