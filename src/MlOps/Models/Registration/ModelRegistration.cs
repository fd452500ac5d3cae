namespace MlOps.Models.Registration;

/// <summary>Understands an opened model file by what its metadata says, its graph shows and its runs do (contract §3). Runs in the child process.</summary>
public static class ModelRegistration
{
    /// <exception cref="MlOpsException">A 422 of the catalogue.</exception>
    public static CheckedModel Understand(IModelFile file, ModelUpload upload, CancellationToken cancellation) => throw new NotSupportedException();
}
