using System.Collections.Immutable;
using MlOps.Contributions;

namespace MlOps.Models.Registration;

/// <summary>A model file opened for being understood: what it says of itself, and what it does when run.</summary>
public interface IModelFile : IDisposable
{
    ModelGraph Graph { get; }

    /// <summary>Runs the graph once.</summary>
    /// <param name="inputs">One tensor for every input of the graph, constants included.</param>
    /// <returns>One tensor for every output; a sequence of maps comes as a tensor of [N, keys] in the order of <see cref="GraphOutput.MapKeys"/>.</returns>
    /// <exception cref="ModelRunException">The graph refused these values.</exception>
    ImmutableArray<Tensor> Run(IReadOnlyList<Tensor> inputs);

    /// <summary>How its scores come about.</summary>
    ScoreForm Form(ModelSignature signature);

    /// <summary>The graph up to a value, which is answered as scores.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>: that part of it does not stand by itself.</exception>
    ILoadedModel LoadUpTo(GraphCut cut, ModelSignature signature);
}

/// <summary>A run that failed; the message is the runtime's own, without paths.</summary>
public sealed class ModelRunException(string message) : Exception(message);

/// <summary>Values with their shape, row-major. <paramref name="Values"/> is a Half[], float[], double[], int[], long[], bool[] or string[].</summary>
public sealed record Tensor(string Name, ElementType Type, ImmutableArray<long> Shape, Array Values);

/// <summary>What a graph says of itself, as far as serving cares. Names are the graph's.</summary>
/// <param name="Inputs">Without initializers.</param>
/// <param name="TreeFeatureCount">For each input that feeds tree ensembles directly: the highest feature index that a tree reads, plus 1; default(null) where none.</param>
public sealed record ModelGraph(
    ImmutableArray<GraphInput> Inputs,
    ImmutableArray<GraphOutput> Outputs,
    ImmutableDictionary<string, int> TreeFeatureCount);

/// <summary>One input of a graph.</summary>
/// <param name="TypeName">The type as the file says it, e.g. <c>tensor(float)</c>, <c>seq(tensor(string))</c>.</param>
/// <param name="Type">Null when it is no tensor of a type that can be served.</param>
/// <param name="Dims">Default when the rank is unknown; a dimension without a fixed size is null.</param>
public sealed record GraphInput(string Name, string TypeName, ElementType? Type, ImmutableArray<GraphDim> Dims);

/// <summary>A declared dimension: a size, a symbol, or neither. Symbols are often meaningless.</summary>
public readonly record struct GraphDim(long? Size, string? Symbol);

/// <summary>One output of a graph, with what the nodes before it tell.</summary>
/// <param name="FromProbabilityNode">It comes from a Sigmoid, a Softmax or a classifier node, through Identity, Cast, Reshape, Squeeze, Flatten.</param>
/// <param name="LabelList">The labels it comes from: a classifier node's list, or the constant that an ArrayFeatureExtractor picks from; default when unknown.</param>
/// <param name="MapKeys">The keys of a ZipMap; default when it is none.</param>
/// <param name="IsConstant">It depends on no input.</param>
public sealed record GraphOutput(
    string Name,
    string TypeName,
    bool FromProbabilityNode,
    ImmutableArray<Scalar> LabelList,
    ImmutableArray<Scalar> MapKeys,
    bool IsConstant);
