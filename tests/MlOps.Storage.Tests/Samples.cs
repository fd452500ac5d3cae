using System.Collections.Immutable;
using System.Security.Cryptography;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Tests;

/// <summary>Things to store.</summary>
internal static class Samples
{
    public static DateTimeOffset Now { get; } = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMicroseconds(678_901);

    public static Project Project(string name = "churn", string? description = null, DateTimeOffset? created = null) =>
        new(ProjectId.New(created ?? Now), name, description, 1, created ?? Now);

    public static TimelineEvent Event(string action, DeploymentId? deployment = null, string? from = null, string? to = null) =>
        new(Guid.CreateVersion7(Now), Now, "ci", action, deployment, null, from, to);

    public static IdempotencyEntry Idempotency(string key = "k", string hash = "h", DateTimeOffset? at = null) =>
        new(new(new(Guid.Empty), "/api/projects", key), hash, """{"id":1}""", at ?? Now);

    public static Deployment Deployment(RegisteredModel model, Stage stage = Stage.Staging, string name = "d", DateTimeOffset? created = null) => new(
        DeploymentId.New(created ?? Now),
        model.Project,
        new(model.Id, name, 100, false, PrivacySettings.None, null),
        stage,
        model.Name,
        model.Algo,
        null,
        created ?? Now,
        created ?? Now);

    public static ApiKey Key(string name = "ci", ProjectId? project = null, DateTimeOffset? created = null, string secret = "s3cret") => new(
        ApiKeyId.New(created ?? Now),
        name,
        Scope.Read | Scope.Predict,
        project,
        created ?? Now,
        null,
        [.. SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret + name))]);

    public static RegisteredModel Model(ProjectId project, params SampleFile[] files) => new(
        ModelId.New(Now),
        project,
        "churn gbm",
        "GBM",
        files[0].Sha256,
        [.. files.Select((file, i) => new ModelPart(i == 0 ? PartKind.Graph : PartKind.ExternalData, $"part{i}", file.Sha256, file.Size))],
        Signature,
        Baseline,
        """{"owner":"me"}""",
        """{"auc":0.9}""",
        """{"inputs":[{"amount":1}]}""",
        null,
        ["looks fine"],
        Now);

    public static ModelSignature Signature { get; } = new(
        [
            new("x", ElementType.Float, 2, 2, [0, 1], null),
            new("c", ElementType.Int64, 1, 1, [], new(true, [1], [Scalar.Of(3L)])),
        ],
        [
            new("amount", FeatureType.Numeric, true, null, default, false, null, 0, 0),
            new("plan", FeatureType.Categorical, false, Scalar.Of(-1L), [Scalar.Of("a"), Scalar.Of(5.0), Scalar.Of(5L), Scalar.Of(true), Scalar.Null], true, Scalar.Of(0.5), 0, 1),
        ],
        new(ModelTask.Classification, "label", ["0", "1"], ["p"], [], 2, false, ScoreKind.Probability, ["no", "yes"], 0.25, []),
        false);

    public static Baseline Baseline { get; } = new(
        3,
        [
            new([-1.5, 0.1, double.PositiveInfinity], default, default, false, [1, 1, 1, 0, 0]),
            null,
            new(default, [Scalar.Of("a"), Scalar.Of(double.NaN), Scalar.Of(1e30)], [Scalar.Of("rare")], true, [2, 1, 0, 0]),
        ],
        new("reference", 3, new(default, [Scalar.Of("no")], [], false, [3, 0, 0]), 0.75, null));
}

/// <summary>A file to register, gone when the test is over.</summary>
internal sealed class SampleFile : IDisposable
{
    public SampleFile(byte[] bytes)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());
        File.WriteAllBytes(Path, bytes);
        Bytes = [.. bytes];
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    public string Path { get; }

    public ImmutableArray<byte> Bytes { get; }

    public string Sha256 { get; }

    public long Size => Bytes.Length;

    public IReadOnlyDictionary<string, string> Paths => new Dictionary<string, string> { [Sha256] = Path };

    /// <summary>Bytes that no other seed gives.</summary>
    public static SampleFile Of(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return new(bytes);
    }

    public void Dispose() => File.Delete(Path);
}
