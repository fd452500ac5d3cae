using System.Runtime.InteropServices;
using System.Text;

namespace MlOps;

/// <summary>Gradient-boosted trees trained with LightGBM's own library, through its C interface.</summary>
internal sealed partial class LightGbm : IDisposable
{
    private const string Library = "lib_lightgbm";
    private const int Float64 = 1;
    private const int Float32 = 0;
    private const int Prediction = 0;
    private const int Contribution = 3;

    private readonly nint booster;
    private readonly int columns;
    private readonly string parameters;

    private LightGbm(nint booster, int columns, string parameters) => (this.booster, this.columns, this.parameters) = (booster, columns, parameters);

    /// <summary>The model in LightGBM's text form.</summary>
    public unsafe string Text
    {
        get
        {
            Check(BoosterSave(booster, 0, -1, 0, 0, out var length, 0));
            var text = new byte[length];
            fixed (byte* bytes = text)
            {
                Check(BoosterSave(booster, 0, -1, 0, length, out length, (nint)bytes));
            }

            return Encoding.UTF8.GetString(text, 0, (int)length - 1);
        }
    }

    /// <param name="rows">Row-major.</param>
    public static unsafe LightGbm Train(double[] rows, float[] labels, int columns, int iterations, string parameters)
    {
        fixed (double* data = rows)
        fixed (float* label = labels)
        {
            Check(DatasetCreate((nint)data, Float64, labels.Length, columns, 1, parameters, 0, out var dataset));
            Check(DatasetSetField(dataset, "label", (nint)label, labels.Length, Float32));
            Check(BoosterCreate(dataset, parameters, out var booster));
            for (var iteration = 0; iteration < iterations; iteration++)
            {
                Check(BoosterUpdate(booster, out _));
            }

            // The booster reads the dataset while it trains only.
            Check(DatasetFree(dataset));
            return new LightGbm(booster, columns, parameters);
        }
    }

    /// <summary>What it predicts: one number a row, or one for each class.</summary>
    /// <param name="rows">Row-major.</param>
    public double[] Predict(double[] rows, int classes = 1) => Ask(rows, Prediction, classes);

    /// <summary>Its own contributions: for each row and class one for each column, and the bias.</summary>
    /// <param name="rows">Row-major.</param>
    public double[] Contributions(double[] rows, int classes = 1) => Ask(rows, Contribution, classes * (columns + 1));

    public void Dispose() => Check(BoosterFree(booster));

    private unsafe double[] Ask(double[] rows, int kind, int width)
    {
        var answers = new double[rows.Length / columns * width];
        fixed (double* asked = rows)
        fixed (double* result = answers)
        {
            Check(BoosterPredict(booster, (nint)asked, Float64, rows.Length / columns, columns, 1, kind, 0, -1, parameters, out _, (nint)result));
        }

        return answers;
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException(Marshal.PtrToStringUTF8(LastError()));
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    private static partial nint LastError();

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetCreate(nint data, int type, int rows, int columns, int rowMajor, string parameters, nint reference, out nint dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetSetField(nint dataset, string field, nint data, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    private static partial int DatasetFree(nint dataset);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterCreate(nint dataset, string parameters, out nint booster);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    private static partial int BoosterUpdate(nint booster, out int finished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterPredict(
        nint booster, nint data, int type, int rows, int columns, int rowMajor, int kind, int start, int iterations, string parameters, out long length, nint result);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterSaveModelToString")]
    private static partial int BoosterSave(nint booster, int start, int iterations, int importance, long bufferLength, out long length, nint text);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    private static partial int BoosterFree(nint booster);
}
