using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Jobs;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>Gives a registered model the baseline that it came without; predictions are binned from then on.</summary>
internal sealed class BaselineEndpoint(
    IModelStore models,
    IModelChecker checker,
    IGrainFactory grains,
    IJobQueue jobs,
    UploadTurns turns,
    DataFolder data,
    TimeProvider time,
    IOptions<ModelOptions> limits,
    IOptions<HttpOptions> http) : IEndpoints
{
    private const string What = "model";

    public void Map(Routes routes) => routes.Map("PUT", "/api/models/{id}/baseline", Scope.Write, Put, ModelOperations.PutBaseline);

    private async Task Put(HttpContext context)
    {
        QueryReader.RefuseAny(context.Request);
        var id = context.PathId<ModelId>(What);
        RefuseSecond(await Visible(context, id, context.RequestAborted));
        using var turn = await turns.Enter(context.RequestAborted);
        await using var folder = new UploadFolder(data, time.GetUtcNow(), models, limits.Value.MaxRowsBytes);
        var form = await new RegistrationFormReader(context, folder, limits.Value, http.Value.MaxJsonBytes, RegistrationFormReader.Rows).Read();
        if (form.File("baseline") is null)
        {
            form.Faults.Add("/baseline", "The part 'baseline' is missing: CSV or Parquet rows, with a column for every feature.");
        }

        form.Faults.Throw(ErrorCode.ValidationFailed, "The form is not valid");

        // As with a registration: the limit counts from the end of the upload.
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        bounded.CancelAfter(TimeSpan.FromSeconds(http.Value.TimeoutSeconds));
        var model = await Visible(context, id, bounded.Token);
        RefuseSecond(model);
        var read = await checker.AddBaseline(await Upload(model, form, folder, bounded.Token), model.Signature, bounded.Token);
        await Add(context.Caller(), model, read, form, bounded.Token);
        var now = await models.Find(id, bounded.Token) ?? throw CallerExtensions.Missing(What);
        await context.Answer(StatusCodes.Status200OK, json => ModelAnswers.Single(json, now));
    }

    private async Task Add(Caller caller, RegisteredModel model, CheckedModel read, RegistrationForm form, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var given = model with
        {
            Parts = [.. model.Parts.Where(part => part.Kind is not (PartKind.Baseline or PartKind.Reference)), .. form.Files.Select(file => AskedModel.Part(file, file.FileName))],
            Baseline = read.Baseline,
            Warnings = read.RowsLater ? model.Warnings : [.. model.Warnings.Concat(read.Warnings).Distinct(StringComparer.Ordinal)],
            Basis = read.RowsLater ? null : read.Contributions,
            BaselineJob = read.RowsLater ? Job.New(Job.AddedBaseline, model.Project, model.Id, now) : null,
        };
        var added = new TimelineEvent(Guid.CreateVersion7(now), now, caller.Name, "baseline_added", null, model.Id, null, null);
        switch (await models.AddBaseline(given, form.Parts, added, cancellation))
        {
            case BaselineAdded.Gone:
                throw CallerExtensions.Missing(What);
            case BaselineAdded.HasOne:
                throw Second(model);
        }

        jobs.Wake();
        // From here on nobody can call it off: replicas that serve the model must learn of its bins.
        await grains.GetGrain<IProjectGrain>(model.Project.Value).Announce(CancellationToken.None);
    }

    // The model's own files lie in the catalogue; the check wants them beside the rows.
    private async Task<ModelUpload> Upload(RegisteredModel model, RegistrationForm form, UploadFolder folder, CancellationToken cancellation)
    {
        var external = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var (graph, number) = ("", 0);
        string? covers = null;
        foreach (var part in model.Parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData or PartKind.Covers))
        {
            var path = folder.Path($"{number++}.model");
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
            if (!await models.Read(part.Sha256, file, cancellation))
            {
                throw new MlOpsException(ErrorCode.ModelError, $"A file of the model '{model.Name}' is missing in the catalogue. Register the model again.");
            }

            if (part.Kind == PartKind.Graph)
            {
                graph = path;
            }
            else if (part.Kind == PartKind.Covers)
            {
                covers = path;
            }
            else
            {
                external[part.Name] = path;
            }
        }

        return new ModelUpload(graph, external.ToImmutable(), form.File("baseline")!.Path, form.File("reference")?.Path, covers, model.Metadata);
    }

    private async Task<RegisteredModel> Visible(HttpContext context, ModelId id, CancellationToken cancellation)
    {
        var found = await models.Find(id, cancellation) ?? throw CallerExtensions.Missing(What);
        context.Caller().MustSee(found.Model.Project, What);
        return found.Model;
    }

    private static void RefuseSecond(RegisteredModel model)
    {
        model.MustBeReady();
        if (model.Baseline is not null)
        {
            throw Second(model);
        }
    }

    private static MlOpsException Second(RegisteredModel model) =>
        new(ErrorCode.BaselineExists, $"The model '{model.Name}' has a baseline, or one is being processed. What drift is compared with does not change under a model: register the model again with the other baseline.");
}
