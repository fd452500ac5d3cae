using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MlOps.Benchmarks.Predictions;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Benchmarks.Models;

/// <summary>Models and deployments written through the stores: registration over HTTP takes half a second for the check of each file.</summary>
/// <param name="Small">One deployment of each small model.</param>
/// <param name="Large">One of each large one.</param>
/// <param name="WarmUp">A few of models of their own.</param>
internal sealed record DensitySeed(IReadOnlyList<string> WarmUp, IReadOnlyList<string> Small, IReadOnlyList<string> Large)
{
    private const int Projects = 20;
    private const int WarmUps = 30;

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static async Task<DensitySeed> Write(string folder, string firstProject, int small, int smallTrees, int large, int largeTrees, int deployments)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Configuration.AddInMemoryCollection([new("Storage:Data", Path.Combine(folder, "data"))]);
        host.Services.AddLogging();
        host.Services.AddMlOpsStorage(host.Configuration);
        using var storage = host.Build();
        var (projects, models) = (storage.Services.GetRequiredService<IProjectStore>(), storage.Services.GetRequiredService<IModelStore>());
        var listed = await models.List(new ModelQuery(null, ProjectId.Parse(firstProject), null, null, null, null, null, true), new PageRequest(1, 0), CancellationToken.None);
        var template = listed.Items[0].Model;
        var owners = new List<ProjectId>();
        for (var project = 0; project < Projects; project++)
        {
            owners.Add(ProjectId.New(Now));
            await projects.Create(new Project(owners[^1], $"project {project}", null, 0, Now), null, CancellationToken.None);
        }

        var all = new List<RegisteredModel>();
        for (var number = 0; number < WarmUps + small + large; number++)
        {
            var bytes = TreeModel.Write(number < WarmUps + small ? smallTrees : largeTrees, 1_000 + number);
            all.Add(await Add(models, template, owners[number % Projects], bytes, folder));
        }

        // The first deployment of each model, then others of the small ones until there are as many as wanted.
        var made = all.Concat(Enumerable.Range(0, Math.Max(0, deployments - all.Count)).Select(number => all[WarmUps + (number % small)])).Select(Deployment).ToList();
        foreach (var group in made.GroupBy(deployment => deployment.Project))
        {
            var epoch = (await projects.Load(group.Key, CancellationToken.None))!.Epoch;
            if (!await projects.Commit(new ProjectChange(group.Key, epoch, [.. group], [], [], null), CancellationToken.None))
            {
                throw new InvalidOperationException("The deployments could not be written.");
            }
        }

        var ids = made.Select(deployment => deployment.Id.ToString()).ToList();
        return new DensitySeed(ids[..WarmUps], ids[WarmUps..(WarmUps + small)], ids[(WarmUps + small)..all.Count]);
    }

    private static async Task<RegisteredModel> Add(IModelStore models, RegisteredModel template, ProjectId project, byte[] bytes, string folder)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var file = Path.Combine(folder, "model.onnx");
        await File.WriteAllBytesAsync(file, bytes);
        ImmutableArray<ModelPart> parts = [new ModelPart(PartKind.Graph, "model.onnx", hash, bytes.Length)];
        var model = template with
        {
            Id = ModelId.New(Now),
            Project = project,
            Parts = parts,
            Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hash))),
        };
        var registered = new TimelineEvent(Guid.CreateVersion7(Now), Now, "benchmark", "model_registered", null, model.Id, null, null);
        await models.Add(model, new Dictionary<string, string> { [hash] = file }, registered, null, CancellationToken.None);
        return model;
    }

    private static Deployment Deployment(RegisteredModel model) => new(
        DeploymentId.New(Now), model.Project, new DeploymentSpec(model.Id, "benchmark", 100, false, PrivacySettings.None, null), Stage.Staging, model.Name, model.Algo, null, Now, Now);
}
