using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MlOps.Models;
using MlOps.Tests.Registration;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Checks in a real child process: this executable.</summary>
public sealed class ModelCheckerTests : IDisposable
{
    private static readonly string[] Command = ["dotnet", typeof(ModelCheckerTests).Assembly.Location];

    private readonly Scratch scratch = new();

    [Fact]
    public async Task Fixture_IsUnderstoodAsInThisProcess()
    {
        var fixture = new FixtureFolder("torch_diamonds_external");
        using var expected = fixture.Register(fixture.MetadataText);
        var parts = ImmutableDictionary<string, string>.Empty.Add("model.onnx.data", fixture.At("model.onnx.data"));

        var answer = await Checker().Check(new ModelUpload(fixture.Graph, parts, fixture.At("baseline.csv"), null, null, fixture.MetadataText), TestContext.Current.CancellationToken);

        Assert.Equal(ExactJson.Write(expected.Checked), ExactJson.Write(answer));
        AssertNothingLeft();
    }

    [Fact]
    public async Task PartOfAnotherName_IsAnsweredWithItsLocation()
    {
        var model = Model([Node("MatMul", ["X", "w"], ["y"])], [Value("X", 1, -1, 2)], [Value("y", 1, -1, 1)], External("w", "weights", [2, 1]));
        var upload = scratch.Upload(model) with { ExternalData = ImmutableDictionary<string, string>.Empty.Add("sent.bin", scratch.Write("part", new byte[8])) };

        var answer = await Checker().Check(upload, TestContext.Current.CancellationToken);

        Assert.Equal(KeyValuePair.Create("sent.bin", "weights"), Assert.Single(answer.ExternalDataLocations));
    }

    [Fact]
    public async Task Refusal_OfTheChild_KeepsCodeDetailAndFaults()
    {
        var refused = await Refused(scratch.Write("model.onnx", [1, 2, 3]));

        Assert.Contains("not an ONNX model", refused.Message, StringComparison.Ordinal);
        Assert.Equal("/file", Assert.Single(refused.Faults).Pointer);
    }

    [Fact]
    public async Task TreeOf20000Levels_OverflowsTheChildAlone()
    {
        var refused = await Refused(scratch.Write(DeepTree(20_000)));

        Assert.Contains("stack", refused.Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public async Task LoopWithoutEnd_IsEndedAtTheTimeLimit()
    {
        var refused = await Refused(scratch.Write(EndlessLoop()), seconds: 3);

        Assert.Contains("more than 3 s", refused.Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public async Task MemoryWithoutEnd_IsRefused()
    {
        // 8 TB, for whatever X is.
        var model = Model(
            [Node("ConstantOfShape", ["size"], ["huge"]), Node("ReduceSum", ["huge"], ["s"], "", Int("keepdims", 0)), Node("Add", ["X", "s"], ["y"])],
            [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)], Integers("size", 2_000_000_000_000));

        var refused = await Refused(scratch.Write(model));

        Assert.Contains("memory", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Verify_OfAServableFile_IsNull_AndOfADeadlyOneSaysWhy()
    {
        var signature = Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 1));
        var fine = Model([Node("Identity", ["X"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);

        Assert.Null(await Checker().Verify(scratch.Write(fine), signature, TestContext.Current.CancellationToken));
        Assert.Contains("stack", await Checker().Verify(scratch.Write(DeepTree(20_000)), signature, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ThatGetsNoFolder_LeavesRoomForTheNext()
    {
        var checker = Checker(checks: 1);
        var fine = scratch.Upload(Model([Node("Identity", ["X"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]));
        var uploads = new DataFolder(scratch.Folder).Uploads;
        await File.WriteAllTextAsync(uploads, "in the way", TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => checker.Check(fine, TestContext.Current.CancellationToken));
        File.Delete(uploads);

        await checker.Check(fine, TestContext.Current.CancellationToken);

        AssertNothingLeft();
    }

    [Fact]
    public async Task Caller_WhoLeaves_EndsTheChild()
    {
        using var leaving = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Checker().Check(scratch.Upload(EndlessLoop()), leaving.Token));

        AssertNothingLeft();
    }

    [Fact]
    public async Task Child_DiesWithItsParent()
    {
        var start = new ProcessStartInfo(Command[0], [Command[1], .. ModelCheckCommand.ChildArguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var request = new CheckRequest(scratch.Upload(EndlessLoop()), scratch.Empty(), 4L << 30, 60, null);
        await child.StandardInput.WriteLineAsync(ExactJson.Write(request));
        await child.StandardInput.FlushAsync(TestContext.Current.CancellationToken);

        child.StandardInput.Close();

        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, child.ExitCode);
    }

    [Theory]
    [InlineData("torch_diamonds_external", true, 0, "accepted")]
    [InlineData("torch_diamonds_external", false, 1, "refused: ")]
    public void CheckByHand_SaysHowTheFileIsUnderstood(string fixture, bool metadata, int exitCode, string says)
    {
        var folder = new FixtureFolder(fixture);
        var output = new StringWriter();

        Assert.Equal(exitCode, ModelCheckReport.Write([folder.Graph, folder.At("baseline.csv"), .. metadata ? [folder.At("metadata.json")] : Array.Empty<string>()], ParquetExtensions.Reader, output));
        Assert.StartsWith(says, output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => scratch.Dispose();

    private ModelChecker Checker(double seconds = 60, int checks = 2) => new(
        Options.Create(new ModelOptions { CheckTimeoutSeconds = seconds, MaxConcurrentChecks = checks }),
        Options.Create(new ModelCheckOptions { Command = Command }),
        new DataFolder(scratch.Folder),
        TimeProvider.System,
        NullLogger<ModelChecker>.Instance);

    private async Task<MlOpsException> Refused(string path, double seconds = 60)
    {
        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Checker(seconds).Check(Scratch.Upload(path), TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCode.InvalidModel, refused.Code);
        return refused;
    }

    private void AssertNothingLeft() => Assert.Empty(Directory.EnumerateFileSystemEntries(new DataFolder(scratch.Folder).Uploads));
}
