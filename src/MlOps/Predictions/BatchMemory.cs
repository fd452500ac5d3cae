using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>
/// Counts the columns of a batch among the bytes in flight once they are large: a body of a few bytes for each row may name hardly any of a model's features,
/// and its rows take room for all of them.
/// </summary>
internal struct BatchMemory(Admission? admission)
{
    private const long Small = 1 << 20;

    private long counted;

    /// <summary>Bytes of inputs, bins and outputs for one row.</summary>
    public static long RowBytes(ModelSignature signature)
    {
        var inputs = signature.Inputs.Where(input => input.Constant is not { PerRow: false }).Sum(input => (long)input.Width * Size(input.Type));
        var output = signature.Output;
        return Math.Max(1, inputs + (sizeof(ushort) * signature.Features.Length) + 20 + (sizeof(double) * ((long)output.ScoreWidth + output.Classes.Length)));
    }

    /// <summary>Most rows that one call may have.</summary>
    public readonly int MostRows(long rowBytes) => admission is null ? int.MaxValue : (int)Math.Clamp(Math.Max(Small, admission.MostBatchBytes) / rowBytes, 1, int.MaxValue);

    /// <summary>Counts a batch that is about to have room for so many rows.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/>, or <see cref="ErrorCode.InvalidInputs"/> for more rows than could ever be let in.</exception>
    public void Grow(int rows, long rowBytes)
    {
        var bytes = rows * rowBytes;
        if (admission is null || bytes <= Small)
        {
            return;
        }

        if (bytes > admission.MostBatchBytes)
        {
            var detail = $"Rows of this model take {rowBytes} bytes of memory each. Send at most {MostRows(rowBytes)} in one call.";
            throw new MlOpsException(ErrorCode.InvalidInputs, detail, [new Fault("/inputs", detail)]);
        }

        admission.EnterBytes(bytes - counted);
        counted = bytes;
    }

    public void Release()
    {
        if (counted > 0)
        {
            admission!.LeaveBytes(counted);
            counted = 0;
        }
    }

    private static int Size(ElementType type) => type switch
    {
        ElementType.Bool => 1,
        ElementType.Float16 => 2,
        ElementType.Float or ElementType.Int32 => 4,
        _ => 8,
    };
}
