using System.Reflection;
using System.Text;
using CsCheck;
using Xunit;

namespace OrleansWork.Abstractions.Tests;

public sealed class CausesTests
{
    private const int Most = Causes.DefaultBytes;

    private static class Table
    {
        public static readonly int First = int.Parse("not a number", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Message_TypeInitializer_SaysWhatItThrew()
    {
        TypeInitializationException thrown = Assert.Throws<TypeInitializationException>(() => Table.First);
        string message = Causes.Message(thrown);
        Assert.StartsWith("The type initializer for ", message, StringComparison.Ordinal);
        Assert.EndsWith(
            " threw an exception. ---> System.FormatException: The input string 'not a number' was not in a correct format.",
            message,
            StringComparison.Ordinal
        );
        string stack = Causes.Stack(thrown)!;
        Assert.True(
            stack.IndexOf("System.Int32.Parse", StringComparison.Ordinal) is > 0 and var first
                && first < stack.IndexOf("--- end of the stack of System.FormatException ---", StringComparison.Ordinal),
            stack
        );
    }

    [Fact]
    public void Message_Chain_HasEachTypeAndMessageInOrder() =>
        Assert.Equal(
            "outer ---> System.InvalidOperationException: middle ---> System.IO.IOException: inner",
            Causes.Message(new ArgumentException("outer", new InvalidOperationException("middle", new IOException("inner"))))
        );

    [Fact]
    public void Message_Several_EachHasItsNumberAndIsSaidOnce() =>
        Assert.Equal(
            "Two tables ---> [1 of 2] System.IO.IOException: no disk [2 of 2] System.ArgumentException: bad name ---> System.FormatException: a digit",
            Causes.Message(
                new AggregateException(
                    "Two tables",
                    new IOException("no disk"),
                    new ArgumentException("bad name", new FormatException("a digit"))
                )
            )
        );

    [Fact]
    public void Message_LoaderExceptions_AreSaidOnceEach() =>
        Assert.Equal(
            "Unable to load. ---> [1 of 2] System.IO.FileNotFoundException: a.dll [2 of 2] System.IO.FileNotFoundException: b.dll",
            Causes.Message(
                new ReflectionTypeLoadException(
                    [null, null, null],
                    [new FileNotFoundException("a.dll"), new FileNotFoundException("a.dll"), null, new FileNotFoundException("b.dll")],
                    "Unable to load."
                )
            )
        );

    [Fact]
    public void Describe_WrappersThatSayNothing_AreLeftOut()
    {
        Exception wrapped = new TargetInvocationException(
            new AggregateException(new TargetInvocationException(new IOException("no disk")))
        );
        Assert.Equal("IOException: no disk", Causes.Describe(wrapped));
        Assert.Equal(
            "AggregateException: Loading three tables failed ---> System.IO.IOException: no disk",
            Causes.Describe(new AggregateException("Loading three tables failed", new IOException("no disk")))
        );
    }

    [Fact]
    public void Message_Circle_Ends()
    {
        Exception first = new IOException("first");
        Exception second = new IOException("second", first);
        typeof(Exception).GetField("_innerException", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(first, second);
        Assert.Equal("second ---> System.IO.IOException: first ---> …", Causes.Message(second));
        Assert.NotNull(Causes.Stack(Thrown(second)));
    }

    [Fact]
    public void Message_GettersThatThrow_CostTheirOwnTextOnly() =>
        Assert.Equal(
            "outer ---> OrleansWork.Abstractions.Tests.CausesTests+Mute: (could not be read: its getter threw System.NotSupportedException) ---> System.IO.IOException: inner",
            Causes.Message(new IOException("outer", new Mute(new IOException("inner"))))
        );

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Message_LongOnes_KeepEveryType(int depth)
    {
        Exception chain = new FormatException("the last word");
        for (int i = 0; i < depth; i++)
            chain = new IOException(new string('ü', 100_000), chain);
        string message = Causes.Message(chain);
        Assert.InRange(Encoding.UTF8.GetByteCount(message), Most / 2, Most);
        Assert.EndsWith(" ---> System.FormatException: the last word", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Message_Deep_IsCutInDepth()
    {
        Exception chain = new FormatException("0");
        for (int i = 1; i < 5_000; i++)
            chain = new IOException($"{i}", chain);
        string message = Causes.Message(chain);
        Assert.StartsWith("4999 ---> System.IO.IOException: 4998 ---> ", message, StringComparison.Ordinal);
        Assert.EndsWith(" ---> …", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 1000);
    }

    [Fact]
    public void Texts_AnyTree_StayWithinTheirBoundAndSayTheFirstCause() =>
        Gen.Select(Trees(5), Gen.Int[600, 20_000])
            .Sample(
                (tree, bound) =>
                {
                    Exception first = Causes.Unwrap(tree);
                    string message = Causes.Message(tree, bound);
                    string told = Causes.Describe(tree, bound);
                    Assert.InRange(Encoding.UTF8.GetByteCount(message), 0, bound);
                    Assert.InRange(Encoding.UTF8.GetByteCount(told), 0, bound);
                    Assert.InRange(Encoding.UTF8.GetByteCount(Causes.Stack(Thrown(tree), bound)!), 1, bound);
                    Assert.StartsWith(first.GetType().Name, told, StringComparison.Ordinal);
                    if (first.InnerException is { } cause)
                        Assert.Contains(Causes.TypeOf(Causes.Unwrap(cause)), message, StringComparison.Ordinal);
                },
                iter: 2_000
            );

    private static Gen<Exception> Trees(int depth)
    {
        Gen<string> text = Gen.Frequency((4, Gen.String[0, 30]), (1, Gen.Char.Array[0, 9_000].Select(chars => new string(chars))));
        Gen<Exception> leaf = text.Select(message => (Exception)new FormatException(message));
        if (depth == 0)
            return leaf;
        Gen<Exception> inner = Trees(depth - 1);
        return Gen.Frequency(
            (1, leaf),
            (3, Gen.Select(text, inner, (message, cause) => (Exception)new IOException(message, cause))),
            (1, inner.Select(cause => (Exception)new TargetInvocationException(cause))),
            (1, inner.Array[1, 4].Select(causes => (Exception)new AggregateException(causes))),
            (1, Gen.Select(text, inner.Array[1, 4], (message, causes) => (Exception)new AggregateException(message, causes)))
        );
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception thrown)
        {
            return thrown;
        }
    }

    private sealed class Mute(Exception inner) : Exception("", inner)
    {
        public override string Message => throw new NotSupportedException();
    }
}
