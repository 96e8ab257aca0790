namespace OrleansWork.SystemTests.Faults;

/// <summary>Where <see cref="FatalWork"/> and <see cref="FatalItems"/> end their process.</summary>
public enum FatalStep
{
    CountUnits,
    Items,
    Prepare,
    Combine,
    Finish,
    Empty,
}

/// <summary>A kind that ends its process outside units.</summary>
[JobKind("fatal", Description = "Ends its process outside units")]
public sealed class FatalWork : JobKind<FatalWork.Input, long, long>
{
    public sealed record Input(FatalStep Step, Misdeed How, long Units = 200);

    public override ValueTask PrepareAsync(Input input, CancellationToken cancellationToken)
    {
        End(input, FatalStep.Prepare);
        _input = input;
        return ValueTask.CompletedTask;
    }

    private Input? _input;

    public override long CountUnits(Input input)
    {
        End(input, FatalStep.CountUnits);
        return input.Step == FatalStep.Empty ? 0 : input.Units;
    }

    public override long RunUnit(Input input, long unit, UnitContext context)
    {
        context.CancellationToken.WaitHandle.WaitOne(20);
        return unit;
    }

    public override long Combine(long left, long right)
    {
        End(_input!, FatalStep.Combine);
        return left + right;
    }

    public override long Finish(Input input, long partial)
    {
        End(input, FatalStep.Finish);
        return partial;
    }

    public override long Empty(Input input)
    {
        End(input, FatalStep.Empty);
        return 0;
    }

    internal static void End(Input input, FatalStep step)
    {
        if (input.Step == step)
            Misdeeds.Commit(input.How, $"{step} is bad", TimeSpan.Zero, CancellationToken.None);
    }
}

/// <summary>A kind that ends its process when its items are listed.</summary>
[JobKind("fatal-items", Description = "Ends its process when its items are listed")]
public sealed class FatalItems : ItemJobKind<FatalWork.Input, long, long, long>
{
    public override async IAsyncEnumerable<long> Items(
        FatalWork.Input input,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await Task.Yield();
        yield return 1;
        FatalWork.End(input, FatalStep.Items);
        yield return 2;
    }

    public override long RunItem(FatalWork.Input input, long item, UnitContext context) => item;

    public override long Combine(long left, long right) => left + right;

    public override long Finish(FatalWork.Input input, long partial) => partial;
}
