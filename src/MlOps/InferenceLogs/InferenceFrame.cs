using System.Runtime.InteropServices;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.InferenceLogs;

/// <summary>What one request has left in the journal, complete in itself: nothing else need be there to log and count it.</summary>
public abstract record InferenceFrame(ProjectId Project, DeploymentId Deployment, ModelId Model)
{
    /// <exception cref="InvalidDataException">The payload is none of this version or an earlier one.</exception>
    public static InferenceFrame Read(ReadOnlyMemory<byte> payload)
    {
        var reader = new FrameReader(payload);
        var kind = (FrameKind)reader.Byte();
        return kind switch
        {
            FrameKind.Answered => AnsweredFrame.Read(ref reader),
            FrameKind.Refused => RefusedFrame.Read(ref reader),
            FrameKind.Counted => CountedFrame.Read(ref reader),
            _ => throw new InvalidDataException($"A record is of kind {(int)kind}, which this version does not know. Run the version that wrote it."),
        };
    }
}

/// <summary>The first byte of a payload: what it is, and in which version.</summary>
internal enum FrameKind : byte
{
    Answered = 1,
    Refused = 2,
    Counted = 3,
}

/// <summary>An answered request: its rows.</summary>
/// <param name="LatencyMicroseconds">From admission to the append.</param>
/// <param name="Ids">The rows' inference ids; the first is the request's.</param>
/// <param name="Classes">Names behind <see cref="ClassOf"/>; empty for a regression.</param>
/// <param name="ClassOf">For each row its label's index; empty for a regression.</param>
/// <param name="Values">For each row a regression's value or an anomaly's score; empty where there is none.</param>
/// <param name="Probabilities">Row-major [rows, classes]; empty where the model tells none.</param>
/// <param name="Features">Columns of <see cref="Bins"/>; 0 without a baseline.</param>
/// <param name="Bins">Row-major [rows, features] of 16-bit bins as <see cref="PredictionBatch.Bins"/> has them.</param>
/// <param name="ExternalIds">The caller's own keys; empty when none were given.</param>
/// <param name="Inputs">For each row its JSON as sent; empty when they are not kept.</param>
/// <param name="Withheld">Inputs are not kept because they would have to be anonymized.</param>
public sealed record AnsweredFrame(
    ProjectId Project,
    DeploymentId Deployment,
    ModelId Model,
    RouteReason Route,
    long LatencyMicroseconds,
    int Rows,
    InferenceIdRange Ids,
    string[] Classes,
    int[] ClassOf,
    double[] Values,
    double[] Probabilities,
    int Features,
    ReadOnlyMemory<byte> Bins,
    string[] ExternalIds,
    LoggedInput[] Inputs,
    bool Withheld) : InferenceFrame(Project, Deployment, Model)
{
    /// <summary>The bins of one row.</summary>
    public ReadOnlySpan<ushort> BinsOf(int row) => BinsOf(row, 1);

    /// <summary>The bins of rows that follow each other.</summary>
    public ReadOnlySpan<ushort> BinsOf(int first, int rows) => MemoryMarshal.Cast<byte, ushort>(Bins.Span).Slice(first * Features, rows * Features);

    internal static AnsweredFrame Read(ref FrameReader reader)
    {
        var (project, deployment, model) = (new ProjectId(reader.Id()), new DeploymentId(reader.Id()), new ModelId(reader.Id()));
        var (route, flags) = ((RouteReason)reader.Byte(), (AnsweredParts)reader.Number());
        var (latency, rows) = (reader.Number(), reader.Count());
        var ids = InferenceIdRange.Of(reader.Fixed(), reader.Fixed());
        string[] classes = [];
        int[] classOf = [];
        double[] values = [], probabilities = [];
        if (flags.HasFlag(AnsweredParts.Classes))
        {
            classes = ClassNames.Read(ref reader);

            classOf = new int[rows];
            for (var row = 0; row < rows; row++)
            {
                classOf[row] = reader.Count();
            }
        }

        if (flags.HasFlag(AnsweredParts.Values))
        {
            values = Doubles(ref reader, rows);
        }

        if (flags.HasFlag(AnsweredParts.Probabilities))
        {
            probabilities = Doubles(ref reader, rows * classes.Length);
        }

        var features = reader.Count();
        var bins = reader.Take(checked(rows * features * sizeof(ushort)));
        string[] external = [];
        if (flags.HasFlag(AnsweredParts.ExternalIds))
        {
            external = new string[rows];
            for (var row = 0; row < rows; row++)
            {
                external[row] = reader.Text();
            }
        }

        LoggedInput[] inputs = [];
        if (flags.HasFlag(AnsweredParts.Inputs))
        {
            inputs = new LoggedInput[rows];
            for (var row = 0; row < rows; row++)
            {
                var truncated = reader.Byte() != 0;
                inputs[row] = new LoggedInput(reader.Raw(), truncated);
            }
        }

        return new AnsweredFrame(
            project, deployment, model, route, latency, rows, ids, classes, classOf, values, probabilities, features, bins, external, inputs, flags.HasFlag(AnsweredParts.Withheld));
    }

    private static double[] Doubles(ref FrameReader reader, int count)
    {
        var bytes = reader.Take(checked(count * sizeof(double)));
        return MemoryMarshal.Cast<byte, double>(bytes.Span).ToArray();
    }
}

/// <summary>What an answered frame has.</summary>
[Flags]
internal enum AnsweredParts
{
    None = 0,
    Classes = 1,
    Values = 2,
    Probabilities = 4,
    ExternalIds = 8,
    Inputs = 16,
    Withheld = 32,
}

/// <summary>One row's inputs.</summary>
/// <param name="Json">An object, as sent.</param>
/// <param name="Truncated">Fields at its end are left out, so that it is no longer than a row may be.</param>
public readonly record struct LoggedInput(ReadOnlyMemory<byte> Json, bool Truncated);

/// <summary>A refused or failed request on a known deployment: one item of the log.</summary>
/// <param name="Rows">Rows of the request; null when that was not known.</param>
public sealed record RefusedFrame(
    ProjectId Project,
    DeploymentId Deployment,
    ModelId Model,
    RouteReason Route,
    long LatencyMicroseconds,
    InferenceIdRange Id,
    int StatusCode,
    string Code,
    string Detail,
    int? Rows)
    : InferenceFrame(Project, Deployment, Model)
{
    internal static RefusedFrame Read(ref FrameReader reader)
    {
        var (project, deployment, model) = (new ProjectId(reader.Id()), new DeploymentId(reader.Id()), new ModelId(reader.Id()));
        var route = (RouteReason)reader.Byte();
        var latency = reader.Number();
        var id = InferenceIdRange.Of(reader.Fixed(), reader.Fixed());
        var (status, code, detail, rows) = (reader.Count(), reader.Text(), reader.Text(), reader.Count());
        return new RefusedFrame(project, deployment, model, route, latency, id, status, code, detail, rows == 0 ? null : rows - 1);
    }

    internal void Write(FrameBuffer frame)
    {
        frame.Byte((byte)FrameKind.Refused);
        frame.Id(Project.Value);
        frame.Id(Deployment.Value);
        frame.Id(Model.Value);
        frame.Byte((byte)Route);
        frame.Number(LatencyMicroseconds);
        Id.Write(frame);
        frame.Number(StatusCode);
        frame.Text(Code);
        frame.Text(Detail);
        frame.Number(Rows is { } rows ? rows + 1 : 0);
    }
}

/// <summary>Requests of one second that were turned away before anything was done for them.</summary>
/// <param name="Second">Seconds since 1970.</param>
public sealed record CountedFrame(ProjectId Project, DeploymentId Deployment, ModelId Model, long Second, int StatusCode, long Requests)
    : InferenceFrame(Project, Deployment, Model)
{
    internal static CountedFrame Read(ref FrameReader reader) => new(
        new ProjectId(reader.Id()), new DeploymentId(reader.Id()), new ModelId(reader.Id()), reader.Number(), reader.Count(), reader.Number());

    internal void Write(FrameBuffer frame)
    {
        frame.Byte((byte)FrameKind.Counted);
        frame.Id(Project.Value);
        frame.Id(Deployment.Value);
        frame.Id(Model.Value);
        frame.Number(Second);
        frame.Number(StatusCode);
        frame.Number(Requests);
    }
}
