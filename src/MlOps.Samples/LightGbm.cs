using System.Runtime.InteropServices;
using System.Text;

namespace MlOps;

/// <summary>Trains gradient-boosted trees with LightGBM's own library, through its C interface.</summary>
internal static partial class LightGbm
{
    private const string Library = "lib_lightgbm";
    private const int Float64 = 1;
    private const int Float32 = 0;

    /// <summary>A trained model in LightGBM's text form, and what LightGBM itself predicts with it.</summary>
    /// <param name="predict">Rows to predict, row-major.</param>
    public static unsafe (string Model, double[] Probabilities) Train(double[] rows, float[] labels, double[] predict, int columns, int iterations, string parameters)
    {
        fixed (double* data = rows)
        fixed (double* asked = predict)
        fixed (float* label = labels)
        {
            Check(DatasetCreate((nint)data, Float64, labels.Length, columns, 1, parameters, 0, out var dataset));
            Check(DatasetSetField(dataset, "label", (nint)label, labels.Length, Float32));
            Check(BoosterCreate(dataset, parameters, out var booster));
            for (var iteration = 0; iteration < iterations; iteration++)
            {
                Check(BoosterUpdate(booster, out _));
            }

            var probabilities = new double[predict.Length / columns];
            fixed (double* result = probabilities)
            {
                Check(BoosterPredict(booster, (nint)asked, Float64, probabilities.Length, columns, 1, 0, 0, -1, parameters, out _, (nint)result));
            }

            var model = Save(booster);
            Check(BoosterFree(booster));
            Check(DatasetFree(dataset));
            return (model, probabilities);
        }
    }

    private static unsafe string Save(nint booster)
    {
        Check(BoosterSave(booster, 0, -1, 0, 0, out var length, 0));
        var text = new byte[length];
        fixed (byte* bytes = text)
        {
            Check(BoosterSave(booster, 0, -1, 0, length, out length, (nint)bytes));
        }

        return Encoding.UTF8.GetString(text, 0, (int)length - 1);
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
