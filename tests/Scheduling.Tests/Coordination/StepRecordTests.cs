using OrleansWork.Scheduling.Coordination;
using Xunit;

namespace OrleansWork.Scheduling.Tests.Coordination;

/// <summary>What is known of steps that end processes, from coordinator to coordinator.</summary>
public sealed class StepRecordTests
{
    [Fact]
    public void Deaths_OfOneStepInARow_AreCountedAndItIsNamed()
    {
        StepRecord steps = default;
        Assert.False(steps.IsCareful);
        steps = steps.AfterDeaths(coordinatorDied: true, workersDied: true);
        Assert.Equal(new StepRecord(null, 1, null), steps);
        for (int deaths = 2; deaths <= JobLife.DeathsToFail; deaths++)
        {
            steps = steps.Enter(KindStep.Finish).AfterDeaths(coordinatorDied: true, workersDied: false);
            Assert.Equal(new StepRecord(null, deaths, KindStep.Finish), steps);
        }
    }

    [Fact]
    public void Deaths_OfAnotherStep_StartAgain()
    {
        StepRecord steps = new StepRecord(KindStep.Prepare, 2, KindStep.Prepare).Leave().Enter(KindStep.Combine);
        Assert.Equal(new StepRecord(KindStep.Combine, 1, null), steps);
        Assert.Equal(new StepRecord(null, 2, KindStep.Combine), steps.AfterDeaths(coordinatorDied: true, workersDied: false));
    }

    [Fact]
    public void Leave_AStepThatIsNotTheFatalOne_ForgetsNothing() =>
        Assert.Equal(new StepRecord(null, 2, KindStep.Finish), new StepRecord(null, 2, KindStep.Finish).Enter(KindStep.Combine).Leave());

    [Fact]
    public void WorkersThatDied_UnderACoordinatorThatLives_MakeItsSuccessorCareful()
    {
        // Orleans moves coordinators when silos die that kept their places in the directory: a kind that ends one silo after the other would
        // otherwise get a coordinator that knows of nothing each time.
        StepRecord steps = default(StepRecord).AfterDeaths(coordinatorDied: false, workersDied: true);
        Assert.Equal(new StepRecord(null, 1, null), steps);
        Assert.Equal(steps, steps.Enter(KindStep.Combine).AfterDeaths(coordinatorDied: false, workersDied: true));
        Assert.False(default(StepRecord).AfterDeaths(coordinatorDied: false, workersDied: false).IsCareful);
    }
}
