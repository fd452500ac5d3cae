using Microsoft.Extensions.Options;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class AdmissionTests
{
    private readonly StubReplica fraud = Replica();
    private readonly StubReplica churn = Replica();

    [Fact]
    public void Requests_OverTheLimit_AreRefusedUntilOneLeaves()
    {
        var admission = Admission(requests: 2);
        var first = admission.Enter(10);
        using var second = admission.Enter(10);

        Refused(() => admission.Enter(10));
        Refused(() => admission.Enter(10));
        first.Dispose();
        first.Dispose();

        using var third = admission.Enter(10);
        Refused(() => admission.Enter(10));
    }

    [Fact]
    public void Bytes_OverTheLimit_AreRefusedUntilSomeLeave()
    {
        var admission = Admission(bytes: 100);
        var first = admission.Enter(60);

        Refused(() => admission.Enter(50));
        using var second = admission.Enter(40);
        Refused(() => second.Grow(1));
        first.Dispose();

        second.Grow(60);
        Refused(() => admission.Enter(1));
    }

    [Fact]
    public void Body_LargerThanEverything_IsLetInAlone()
    {
        var admission = Admission(bytes: 100);

        using (admission.Enter(500))
        {
            Refused(() => admission.Enter(1));
        }

        using var after = admission.Enter(500);
    }

    [Fact]
    public void Deployment_OverItsLimit_IsRefusedAndOthersAreNot()
    {
        var admission = Admission(perDeployment: 1);
        var first = admission.Enter(1);
        first.Enter(fraud);
        using var second = admission.Enter(1);

        Refused(() => second.Enter(fraud));
        second.Enter(churn);
        first.Dispose();

        using var third = admission.Enter(1);
        third.Enter(fraud);
    }

    [Fact]
    public void Tickets_OfManyThreads_LeaveNothingBehind()
    {
        var admission = Admission(requests: 3, bytes: 50, perDeployment: 2);
        var (most, inside) = (0, 0);
        Parallel.For(0, 20_000, one =>
        {
            try
            {
                using var ticket = admission.Enter(10);
                ticket.Enter(one % 2 == 0 ? fraud : churn);
                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Interlocked.Decrement(ref inside);
            }
            catch (MlOpsException refused) when (refused.Code == ErrorCode.Overloaded)
            {
                Assert.NotEmpty(refused.Message);
            }
        });

        Assert.InRange(most, 1, 3);
        // All of it is there again: the bytes, the requests, and each replica's.
        using var last = admission.Enter(48);
        last.Enter(fraud);
        using var lastButOne = admission.Enter(1);
        lastButOne.Enter(fraud);
        using var third = admission.Enter(1);
        third.Enter(churn);
        Refused(() => admission.Enter(0));
    }

    [Fact]
    public void Rows_ThatTakeFarMoreThanTheirBody_AreBoundedByWhatTheyTake()
    {
        var admission = Admission(bytes: 8 << 20);
        var plan = Wide(admission);
        var batch = plan.Rent();

        var refused = Assert.Throws<MlOpsException>(() => Read(batch, rows: 1_000));

        Assert.Equal(ErrorCode.InvalidInputs, refused.Code);
        var most = int.Parse(refused.Message.Split("at most ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        plan.Return(batch);
        var fitting = plan.Rent();
        Read(fitting, most);
        Refused(() => admission.Enter(5 << 20));
        plan.Return(fitting);
        using var all = admission.Enter(8 << 20);
    }

    [Fact]
    public void Pool_OfABusyPlan_KeepsAFewMebibytes_AndNothingOnceTrimmed()
    {
        var plan = Wide(Admission(bytes: 1L << 30));
        var batches = Enumerable.Range(0, 2_000).Select(_ => plan.Rent()).ToList();
        batches.ForEach(batch => batch.Resize(1));

        batches.ForEach(plan.Return);

        Assert.InRange(plan.PooledBytes, 1, 4 << 20);
        plan.Trim();
        Assert.Equal(0, plan.PooledBytes);
    }

    // A row takes 12,000 bytes and more, and may be written as {}.
    private static PredictionPlan Wide(Admission admission) => new(
        new ModelSignature(
            [new InputSpec("X", ElementType.Double, 2, 1_000, [.. Enumerable.Range(0, 1_000)], null)],
            [.. Enumerable.Range(0, 1_000).Select(column => new FeatureSpec($"f{column}", FeatureType.Numeric, true, null, default, false, null, 0, column))],
            Signatures.Regression,
            false),
        null,
        admission);

    private static void Read(PredictionBatch batch, int rows) =>
        PredictBody.Read(System.Text.Encoding.UTF8.GetBytes($"{{\"inputs\":[{string.Join(",", Enumerable.Repeat("{}", rows))}]}}"), batch, 10_000);

    private static StubReplica Replica() => new(Signatures.Plan(Feature.Number("x")), _ => { });

    private static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    private static void Refused(Action enter) => Assert.Equal(ErrorCode.Overloaded, Assert.Throws<MlOpsException>(enter).Code);

    private static Admission Admission(int requests = 100, long bytes = 1_000_000, int perDeployment = 100) => new(Options.Create(new PredictionOptions
    {
        MaxRequestsInFlight = requests,
        MaxBytesInFlight = bytes,
        MaxRequestsInFlightPerDeployment = perDeployment,
    }));
}
