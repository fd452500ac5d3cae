using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Runs a graph on rows and shows what each row got of each output.</summary>
internal sealed class GraphProbe
{
    private const int RowsPerRun = 1_000;

    private readonly IModelFile file;
    private readonly RowFeeder feeder;
    private readonly CancellationToken cancellation;
    private readonly int[] widths;

    private GraphProbe(IModelFile file, RowFeeder feeder, bool rowByRow, int[] widths, CancellationToken cancellation) =>
        (this.file, this.feeder, RowByRow, this.widths, this.cancellation) = (file, feeder, rowByRow, widths, cancellation);

    /// <summary>Rows run alone.</summary>
    public bool RowByRow { get; }

    /// <summary>Learns the outputs' shapes, and whether rows can come together.</summary>
    /// <param name="sample">Three rows at least.</param>
    /// <param name="singleRow">The file says that rows must come alone.</param>
    /// <exception cref="ModelRunException">The first row alone fails.</exception>
    public static GraphProbe Learn(IModelFile file, RowFeeder feeder, SampleRows sample, bool singleRow, List<string> warnings, CancellationToken cancellation)
    {
        var one = file.Run(feeder.Feed([sample.Rows[0]]));
        ImmutableArray<Tensor> three = default;
        if (singleRow)
        {
            warnings.Add("The batch dimension of the model is fixed at 1: it runs row by row, which is slower. Export it with a free batch if you can.");
        }
        else
        {
            try
            {
                three = file.Run(feeder.Feed([.. sample.Rows.Take(3)]));
            }
            catch (ModelRunException) when (RunsAlone(file, feeder, sample.Rows.Take(3)))
            {
                warnings.Add("The graph takes single rows and fails on three together, though its inputs declare a free batch: it runs row by row, which is slower.");
            }
        }

        var widths = file.Graph.Outputs.Select((output, index) => OutputShape.Width(output, one[index], three.IsDefault ? null : three[index])).ToArray();
        return new GraphProbe(file, feeder, three.IsDefault, widths, cancellation);
    }

    /// <summary>The same graph, each row alone.</summary>
    public GraphProbe Alone() => new(file, feeder, true, widths, cancellation);

    /// <exception cref="ModelRunException">The run fails on these rows.</exception>
    public ImmutableArray<OutputView> Run(IReadOnlyList<Scalar[]> rows)
    {
        var size = RowByRow ? 1 : RowsPerRun;
        var parts = new List<ImmutableArray<OutputView>>();
        for (var from = 0; from < rows.Count; from += size)
        {
            cancellation.ThrowIfCancellationRequested();
            var chunk = rows.Count <= size ? rows : [.. rows.Skip(from).Take(size)];
            parts.Add(Views(file.Run(feeder.Feed(chunk)), chunk.Count));
        }

        return [.. file.Graph.Outputs.Select((_, index) => OutputView.Join([.. parts.Select(part => part[index])]))];
    }

    private ImmutableArray<OutputView> Views(ImmutableArray<Tensor> tensors, int rows) =>
    [
        .. file.Graph.Outputs.Select((output, index) => new OutputView(
            output,
            tensors[index].Type,
            widths[index] > 0 && tensors[index].Values.Length != (long)rows * widths[index]
                ? throw new ModelRunException($"the output '{output.Name}' has {tensors[index].Values.Length} values for {rows} rows")
                : widths[index],
            tensors[index].Values)),
    ];

    private static bool RunsAlone(IModelFile file, RowFeeder feeder, IEnumerable<Scalar[]> rows)
    {
        try
        {
            foreach (var row in rows)
            {
                file.Run(feeder.Feed([row]));
            }

            return true;
        }
        catch (ModelRunException)
        {
            return false;
        }
    }
}
