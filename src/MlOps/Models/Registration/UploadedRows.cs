using System.Collections.Immutable;
using MlOps.Drift;

namespace MlOps.Models.Registration;

/// <summary>The baseline and reference of an upload as tables: whole, or their first rows where the rest is left to a job.</summary>
internal sealed class UploadedRows : IDisposable
{
    private readonly RowsReading reading;
    private readonly List<TableSpill> spills = [];

    private UploadedRows(RowsReading reading) => this.reading = reading;

    public BaselineTable? Baseline { get; private set; }

    public BaselineTable? Reference { get; private set; }

    /// <summary>There are more rows than are read before an answer: these tables show the first of them.</summary>
    public bool Later { get; private init; }

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>.</exception>
    public static UploadedRows Read(ModelUpload upload, RowsReading reading, List<string> warnings, CancellationToken cancellation)
    {
        var parts = new[] { ("baseline", upload.Baseline), ("reference", upload.Reference) };
        var files = parts.Select(part => part.Item2 is { } path ? (Part: part.Item1, File: new RowsFile(part.Item1, path, reading)) : (part.Item1, null)).ToArray();
        var later = files.Any(one => one.File?.IsLarge() == true);
        var rows = new UploadedRows(reading) { Later = later };
        try
        {
            var present = files.Where(one => one.File is not null).ToList();
            for (var index = 0; index < present.Count; index++)
            {
                var (done, count) = (index, present.Count);
                var table = rows.Table(
                    present[index].Part, present[index].File!, share => reading.Progress?.Invoke((done + share) / count * RowsReading.ReadingShare), warnings, cancellation);
                (rows.Baseline, rows.Reference) = present[index].Part == "baseline" ? (table, rows.Reference) : (rows.Baseline, table);
            }

            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>The frozen bins; null without rows, and while they are left to a job.</summary>
    public Baseline? Freeze(
        ModelSignature signature, TargetColumn? target, string? targetName, ReferenceRun run, List<string> warnings, CancellationToken cancellation)
    {
        if (Later || (Baseline is null && Reference is null))
        {
            return null;
        }

        var prediction = Reference is null
            ? BaselineFreezing.TrainingLabels(signature.Output, target)
            : run.Run(Reference, TargetColumn.In(Reference, targetName), warnings);
        void Progress(double share) => reading.Progress?.Invoke(RowsReading.ReadingShare + (share * (1 - RowsReading.ReadingShare)));
        ImmutableArray<FeatureBins?> features = Baseline is null
            ? [.. signature.Features.Select(FeatureBins? (_) => null)]
            : BaselineFreezing.Features(signature, Baseline, Progress, cancellation);
        return new Baseline(Baseline?.Rows ?? 0, features, prediction);
    }

    public void Dispose() => spills.ForEach(spill => spill.Dispose());

    private BaselineTable Table(string part, RowsFile file, Action<double> progress, List<string> warnings, CancellationToken cancellation)
    {
        if (Later)
        {
            var first = file.ReadFirst(cancellation);
            warnings.Add(
                $"The {part} is read by a job; this answer is from its first {first.Rows} rows. The job may find further levels and missing values, and fails when other rows contradict what is said here.");
            return first;
        }

        TableSpill? spill = null;
        if (reading.SpillFolder is { } folder)
        {
            spills.Add(spill = new TableSpill(folder));
        }

        var table = file.Read(spill, progress, cancellation);
        if (table.Rows < table.Total)
        {
            warnings.Add($"The {part} has {table.Total} rows: a uniform sample of {table.Rows} of them is used.");
        }

        return table;
    }
}
