using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansWork.Engine.Coordination;
using OrleansWork.Engine.Storage;
using Xunit;

namespace OrleansWork.Engine.Tests.Coordination;

public sealed class JobDocumentsTests
{
    private static readonly Gen<long> Numbers = Gen.Frequency(
        (2, Gen.Long[-3, 100]),
        (2, Gen.Int[0, 4].Select(i => new[] { long.MinValue, -1, 0, 1L << 62, long.MaxValue }[i])),
        (1, Gen.Long)
    );

    private static readonly Gen<JobManifest> Manifests = Gen.Select(
        Gen.Select(Numbers, Numbers, Numbers, Numbers),
        Gen.Select(Numbers, Numbers, Numbers),
        Numbers.Array[0, 5],
        Gen.Enum<JobState>(),
        Gen.Int[0, 3].Select(i => new[] { null, "null", "{\"type\":1}", "not json" }[i]),
        Gen.Select(Gen.Double, Numbers, Gen.Bool),
        (times, counts, committed, state, error, share) =>
            new JobManifest
            {
                JobId = "job",
                Kind = "kind",
                Input = StoredPayload.OfInline([]),
                OptionsJson = [],
                State = state,
                SubmittedTicks = times.Item1,
                StartedTicks = times.Item2,
                FinishedTicks = times.Item3,
                UnitCount = times.Item4,
                Leases = counts.Item1,
                Attempts = counts.Item2,
                Wasted = counts.Item3,
                Committed = [.. committed],
                ErrorJson = error is null ? null : Encoding.UTF8.GetBytes(error),
                Failures = share.Item3 ? [new StoredFailure(counts.Item1, 1, "T", "m", null, ForGood: true)] : default,
                Shares = [new StoredShare("s", share.Item2, 1, share.Item1)],
            }
    );

    [Fact]
    public void Status_AnyRecord_IsADocumentOfThatJob() =>
        Gen.Select(Manifests, Gen.Enum<JobState>())
            .Sample(
                (manifest, state) =>
                {
                    CoordinatorView view = new(state, DateTimeOffset.UnixEpoch, "silo", null, null, null);
                    JobStatus status = JobDocuments.Status(manifest, new JobOptions(), machine: null, view);
                    Assert.Equal(("job", "kind", state), (status.Id, status.Kind, status.State));
                    Assert.True(double.IsFinite(status.ElapsedSeconds) && status.ElapsedSeconds >= 0);
                    JobStatus read = JsonSerializer.Deserialize<JobStatus>(JobDocuments.Write(status), OrleansWorkJson.Documents)!;
                    Assert.Equal(status.State, read.State);
                    Assert.Equal("job", JobDocuments.Summary(status).Id);
                },
                iter: 2_000
            );
}
