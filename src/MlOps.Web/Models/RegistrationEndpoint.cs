using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Jobs;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>Registration of a model: its files come in a form, are checked outside this process, and stored with what was understood.</summary>
internal sealed class RegistrationEndpoint(
    IModelStore models,
    IProjectStore projects,
    IModelChecker checker,
    IdempotentCalls calls,
    IJobQueue jobs,
    UploadTurns turns,
    DataFolder data,
    TimeProvider time,
    IOptions<ModelOptions> limits,
    IOptions<HttpOptions> http) : IEndpoints
{
    public void Map(Routes routes) => routes.Map("POST", "/api/models", Scope.Write, Register, ModelOperations.Register);

    private async Task Register(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var dryRun = query.Flag("dry_run") ?? false;
        query.Check();
        using var turn = await turns.Enter(context.RequestAborted);
        await using var folder = new UploadFolder(data, time.GetUtcNow(), dryRun ? null : models, limits.Value.MaxRowsBytes);
        var form = await new RegistrationFormReader(context, folder, limits.Value, http.Value.MaxJsonBytes, RegistrationFormReader.All).Read();

        // An upload takes the time it takes; from its end on the answer has a limit like every other.
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        bounded.CancelAfter(TimeSpan.FromSeconds(http.Value.TimeoutSeconds));
        var asked = await Read(form, context.Caller(), bounded.Token);
        if (dryRun)
        {
            var tried = Understood(asked, await checker.Check(asked.Upload, bounded.Token));
            await context.Answer(StatusCodes.Status200OK, json => ModelAnswers.Registered(json, tried, stored: false));
            return;
        }

        using var call = await calls.Begin(context, form.Identity(), bounded.Token);
        var answer = await call.FirstAnswer(bounded.Token) ?? await Add(context.Caller(), form, asked, call, bounded.Token);
        await context.Answer(StatusCodes.Status201Created, answer);
    }

    private async Task<byte[]> Add(Caller caller, RegistrationForm form, AskedModel asked, IdempotentCall call, CancellationToken cancellation)
    {
        var model = Understood(asked, await checker.Check(asked.Upload, cancellation));
        var answer = JsonAnswer.Bytes(json => ModelAnswers.Registered(json, model, stored: true));
        var registered = new TimelineEvent(Guid.CreateVersion7(model.CreatedAt), model.CreatedAt, caller.Name, "model_registered", null, model.Id, null, null);
        if (!await models.Add(model, form.Parts, registered, call.With(answer), cancellation))
        {
            throw NoProject();
        }

        jobs.Wake();
        return answer;
    }

    private async Task<AskedModel> Read(RegistrationForm form, Caller caller, CancellationToken cancellation)
    {
        var project = default(ProjectId);
        if (form.Required("project_id", 200) is { Length: > 0 } text
            && (!ProjectId.TryParse(text, null, out project) || !caller.Sees(project) || await projects.Find(project, cancellation) is null))
        {
            form.Faults.Add("/project_id", "'project_id' names no project.");
        }

        var (name, algo) = (form.Required("name", ModelOperations.LongestName), form.Required("algo", ModelOperations.LongestName));
        if (form.File(RegistrationFormReader.Graph) is null)
        {
            form.Faults.Add("/file", "The part 'file' is missing: the .onnx file.");
        }

        var metadata = form.Text("metadata");
        var metrics = MetadataText.Metrics(metadata, form.Faults);
        form.Faults.Throw(ErrorCode.ValidationFailed, "The form is not valid");
        return new AskedModel(project, name, algo, metadata, metrics, form);
    }

    private RegisteredModel Understood(AskedModel asked, CheckedModel found)
    {
        var parts = asked.Parts(found.ExternalDataLocations);
        var now = time.GetUtcNow();
        var id = ModelId.New(now);
        return new RegisteredModel(
            id, asked.Project, asked.Name, asked.Algo, Digest(parts), parts, found.Signature, found.Baseline,
            asked.Metadata ?? "{}", asked.Metrics, found.ExampleRequest, found.Preview, found.Warnings, now)
        {
            Basis = found.Contributions,
            Contributions = found.Contributions?.Summary,
            BaselineJob = found.RowsLater ? Job.New(Job.Baseline, asked.Project, id, now) : null,
        };
    }

    private static string Digest(ImmutableArray<ModelPart> parts)
    {
        var served = parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData)
            .OrderBy(part => part.Kind)
            .ThenBy(part => part.Name, StringComparer.Ordinal)
            .Select(part => part.Kind == PartKind.Graph ? part.Sha256 : $"{part.Name}\n{part.Sha256}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', served))));
    }

    private static MlOpsException NoProject() =>
        new(ErrorCode.ValidationFailed, "The project has been deleted meanwhile.", [new Fault("/project_id", "'project_id' names no project.")]);
}
