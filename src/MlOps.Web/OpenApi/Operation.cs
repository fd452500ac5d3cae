using MlOps.Errors;
using MlOps.Requests;

namespace MlOps.OpenApi;

/// <summary>What the document says of one method on one path; metadata of its endpoint.</summary>
/// <param name="Id">The operation's id, e.g. <c>create_project</c>.</param>
/// <param name="Answer">The body of a success; null for none.</param>
internal sealed record Operation(string Id, string Summary, Schema? Answer)
{
    /// <summary>Status of a success.</summary>
    public int Status { get; init; } = 200;

    public string AnswerType { get; init; } = JsonAnswer.ContentType;

    public string? Description { get; init; }

    public Schema? Body { get; init; }

    public string BodyType { get; init; } = JsonAnswer.ContentType;

    public bool BodyOptional { get; init; }

    public Parameter[] Query { get; init; } = [];

    public Parameter[] Headers { get; init; } = [];

    /// <summary>Headers of a success, beside those of HTTP.</summary>
    public Parameter[] AnswerHeaders { get; init; } = [];

    /// <summary>Further successes, e.g. of a dry run.</summary>
    public (int Status, string Description, Schema Answer)[] MoreAnswers { get; init; } = [];

    /// <summary>Codes beside those that follow from the key, the path and the body.</summary>
    public ErrorCode[] Errors { get; init; } = [];

    /// <summary>Codes that are 422 here, whatever they are elsewhere.</summary>
    public ErrorCode[] Unprocessable { get; init; } = [];

    public int StatusOf(ErrorEntry entry) => Unprocessable.Contains(entry.Code) ? 422 : entry.Status;
}

/// <summary>A query parameter or header.</summary>
internal sealed record Parameter(string Name, string Description, Schema Schema)
{
    public static Parameter IdempotencyKey { get; } = new(
        IdempotentCalls.Header,
        "Repeats under the same key within 24 hours get the first answer; another request under it is 409.",
        Schema.Text(255, 1).With("pattern", @"^[\x20-\x7E]+$"));

    public static Parameter[] Page(int most) =>
    [
        new("limit", "Most items of one answer.", Schema.Integer(1, most).With("default", 50)),
        new("offset", "Items to leave out.", Schema.Integer(0, QueryReader.MostOffset).With("default", 0)),
    ];
}
