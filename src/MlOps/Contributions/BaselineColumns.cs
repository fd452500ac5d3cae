using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <param name="columns">Of each row, row-major.</param>
internal delegate void RowsAdder(ReadOnlySpan<double> columns, int rows);

/// <summary>Rows of a baseline as trees or weights see them. Those that may not be fed are left out.</summary>
internal sealed class BaselineColumns(ModelSignature signature, BaselineTable baseline, EncodedColumns columns, CancellationToken cancellation)
{
    private const int RowsAtOnce = 1_000;

    private readonly TableRows reader = new(signature, baseline);

    public void Read(IEnumerable<int> rows, RowsAdder add)
    {
        using var batch = new PredictionBatch(new PredictionPlan(signature, null));
        var encoded = new double[RowsAtOnce * columns.Count];
        foreach (var chunk in rows.Chunk(RowsAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Resize(chunk.Length);
            var fed = 0;
            foreach (var row in chunk)
            {
                fed += IsFed(batch, fed, reader.Read(row, 0)) ? 1 : 0;
            }

            if (fed > 0)
            {
                var read = encoded.AsSpan(0, fed * columns.Count);
                columns.Read(batch, 0, fed, read, cancellation);
                add(read, fed);
            }
        }
    }

    private static bool IsFed(PredictionBatch batch, int row, Scalar[] values)
    {
        for (var feature = 0; feature < values.Length; feature++)
        {
            if (values[feature].AsNumber is double.PositiveInfinity or double.NegativeInfinity || batch.Set(row, feature, values[feature]) is not null)
            {
                return false;
            }
        }

        return true;
    }
}
