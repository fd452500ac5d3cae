namespace MlOps;

/// <summary>Every refusal the system can utter. The name in snake_case is the stable <c>code</c> of the answer; the status is HTTP's.</summary>
public enum ErrorCode
{
    /// <summary>500. A fault of ours; the answer says nothing about it but an id to quote.</summary>
    InternalError = 0,

    /// <summary>400. The body is not what its content type says: not JSON, not UTF-8, a broken multipart form.</summary>
    MalformedBody,

    /// <summary>401. No key, or one that is unknown, expired or deleted.</summary>
    Unauthorized,

    /// <summary>403. The key lacks the scope, or is bound to a project and asks for something outside projects.</summary>
    Forbidden,

    /// <summary>404. Nothing is there, or the caller may not see it.</summary>
    NotFound,

    /// <summary>405. The path exists, the method does not.</summary>
    MethodNotAllowed,

    /// <summary>409. The stage or status of a deployment forbids what was asked.</summary>
    DeploymentStateConflict,

    /// <summary>409. The project has no production deployment.</summary>
    NoProduction,

    /// <summary>409. The shares of the project's canaries would leave production none.</summary>
    CanarySharesExceeded,

    /// <summary>409. A production deployment keeps the project from being deleted.</summary>
    ProjectInUse,

    /// <summary>409. Deployments that are not archived use the model.</summary>
    ModelInUse,

    /// <summary>409. The model of the archived deployment has been deleted.</summary>
    ModelDeleted,

    /// <summary>409. The model's baseline is not processed yet.</summary>
    BaselineNotReady,

    /// <summary>409. The model has a baseline; one is given once.</summary>
    BaselineExists,

    /// <summary>409. The same idempotency key came with another request.</summary>
    IdempotencyKeyReused,

    /// <summary>413. The body, or one part of it, is over its limit.</summary>
    BodyTooLarge,

    /// <summary>415. The content type is not one that this path reads.</summary>
    UnsupportedMediaType,

    /// <summary>422. Fields are missing, unknown, or have values that cannot be.</summary>
    ValidationFailed,

    /// <summary>422. A row cannot be predicted: a missing feature, a wrong type, a null where none may be.</summary>
    InvalidInputs,

    /// <summary>422. The file is not an ONNX model that can be served.</summary>
    InvalidModel,

    /// <summary>422. The metadata contradicts itself, the file or the baseline.</summary>
    InvalidMetadata,

    /// <summary>422. The baseline or reference cannot be read, or does not fit the model.</summary>
    InvalidBaseline,

    /// <summary>422. The features cannot be paired with the graph's inputs.</summary>
    FeaturesAmbiguous,

    /// <summary>422. The graph's outputs can be read in more than one way.</summary>
    OutputAmbiguous,

    /// <summary>422. The graph answers several targets; one must be named.</summary>
    SeveralTargets,

    /// <summary>422. The classes behind scores or labels are unknown.</summary>
    ClassesUnknown,

    /// <summary>422. An example is not reproduced by the file.</summary>
    ExamplesNotReproduced,

    /// <summary>422. Explanations are not available for this request.</summary>
    ContributionsUnavailable,

    /// <summary>422. Explaining so many rows would take too long, or too much memory.</summary>
    ContributionsTooLarge,

    /// <summary>422. What was asked for is not part of this version.</summary>
    NotAvailable,

    /// <summary>424, or 422 at registration. The model answered NaN or infinity.</summary>
    OutputNotFinite,

    /// <summary>424. The model failed on a valid row, or could not be loaded.</summary>
    ModelError,

    /// <summary>424. The model took longer than its time limit.</summary>
    ModelTimeout,

    /// <summary>429. Too many requests or bytes are in flight.</summary>
    Overloaded,

    /// <summary>503. The process is stopping, or not ready.</summary>
    NotServing,

    /// <summary>503. Another change of the same project is still under way.</summary>
    Busy,

    /// <summary>503. The disk of the data folder is full.</summary>
    StorageFull,

    /// <summary>503. The data folder cannot be written: it is read-only, or its disk fails.</summary>
    StorageUnavailable,

    /// <summary>503. The model is not in memory yet: it is being loaded, or waits for its turn or for room.</summary>
    ModelLoading,

    /// <summary>503. The journal of answers, or its disk, is full.</summary>
    JournalFull,

    /// <summary>409. The job has no result: it is still under way, or it failed.</summary>
    JobUnfinished,
}
