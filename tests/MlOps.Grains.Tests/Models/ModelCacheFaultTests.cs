using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using MlOps.Contributions;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>Model files on disk: whole or not at all, and what keeps them from coming is told as what it is.</summary>
public sealed class ModelCacheFaultTests : IDisposable
{
    private const int NoSpaceLeft = 28;

    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("mlops-cache-").FullName);
    private readonly Store store = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ModelCache Cache => new(store, data, Options.Create(new ModelOptions()), TimeProvider.System);

    public void Dispose() => Directory.Delete(data.Path, recursive: true);

    public static TheoryData<Exception, ErrorCode, string> Failures => new()
    {
        { new InvalidDataException("hash"), ErrorCode.ModelError, "damaged" },
        { new IOException("No space left on device", NoSpaceLeft), ErrorCode.StorageFull, "full" },
        { new UnauthorizedAccessException("denied"), ErrorCode.StorageUnavailable, "writable" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Fetch_ThatFails_SaysWhyAndLeavesNothing(Exception failure, ErrorCode code, string word)
    {
        store.Failure = failure;

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => Cache.Fetch(Model, Cancellation));

        Assert.Equal(code, refusal.Code);
        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(data.ModelCache));
        store.Failure = null;
        using var fetched = await Cache.Fetch(Model, Cancellation);
        Assert.Equal("graph", await File.ReadAllTextAsync(fetched.Graph, Cancellation));
    }

    [Fact]
    public async Task Fetch_ThatEndedWithItsProcess_IsRemoved_WholeOnesStay()
    {
        using var whole = await Cache.Fetch(Model, Cancellation);
        var half = Directory.CreateDirectory(Path.Combine(data.ModelCache, "digest.0123")).FullName;
        await File.WriteAllTextAsync(Path.Combine(half, "model.onnx"), "gra", Cancellation);

        using var again = await Cache.Fetch(Model, Cancellation);

        Assert.Equal([whole.Folder], Directory.EnumerateFileSystemEntries(data.ModelCache));
    }

    private static RegisteredModel Model { get; } = new(
        default, default, "m", "GBM", "digest", [new ModelPart(PartKind.Graph, "model.onnx", Convert.ToHexStringLower(SHA256.HashData("graph"u8)), 5)], null!, null, "{}", "{}", "{}", null, [], default);

    /// <summary>A store of one file, or of a failure half-way through it.</summary>
    private sealed class Store : IModelStore
    {
        public Exception? Failure { get; set; }

        public async Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation)
        {
            await destination.WriteAsync("gra"u8.ToArray(), cancellation);
            if (Failure is not null)
            {
                throw Failure;
            }

            await destination.WriteAsync("ph"u8.ToArray(), cancellation);
            return true;
        }

        public Task<bool> Add(RegisteredModel model, UploadedParts parts, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<IStagedFile> Stage(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<BaselineAdded> AddBaseline(RegisteredModel model, UploadedParts parts, TimelineEvent added, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> CompleteBaseline(RegisteredModel model, JobCompletion completion, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ModelListing?> Find(ModelId id, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<Page<ModelListing>> List(ModelQuery query, PageRequest page, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ContributionBasis?> ReadBasis(ModelId id, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ImmutableArray<string>?> Delete(ModelId id, TimelineEvent deleted, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
