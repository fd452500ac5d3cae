using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps;

/// <summary>The command <c>check-model</c>: the child process of a registration, and a way for people to try a file without a server.</summary>
public static class ModelCheckCommand
{
    private const string ChildFlag = "--child";

    // Less than a serving thread has: a file that recurses too deep for it must not get past the check.
    private const int StackBytes = 3 << 19;

    /// <summary>Checks one file.</summary>
    /// <param name="arguments"><c>&lt;model.onnx&gt; [&lt;baseline.csv or .parquet&gt;] [&lt;metadata.json&gt;]</c>, or what the parent process passes.</param>
    /// <param name="parquet">Opens Parquet files.</param>
    /// <returns>0 when the file can be served, 1 when it is refused, 2 for a wrong command line.</returns>
    public static int Run(string[] arguments, IParquetReader parquet)
    {
        switch (arguments)
        {
            case [ChildFlag]:
                ModelCheckChild.Serve(StackBytes, parquet);
                return 0;
            case [var file, ..] when File.Exists(file) && arguments.All(File.Exists):
                return ModelCheckReport.Write(arguments, parquet, Console.Out);
            default:
                Console.Error.WriteLine("usage: check-model <model.onnx> [<baseline.csv or .parquet>] [<metadata.json>]");
                Console.Error.WriteLine("External data are taken from beside the model.");
                return 2;
        }
    }

    /// <summary>What follows the command of <see cref="ModelCheckOptions"/>.</summary>
    internal static string[] ChildArguments => ["check-model", ChildFlag];
}
