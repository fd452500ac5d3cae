using MlOps.Models;

namespace MlOps;

/// <summary>The command <c>check-model</c>: the child process of a registration, and a way for people to try a file without a server.</summary>
public static class ModelCheckCommand
{
    private const string ChildFlag = "--child";

    // Less than a serving thread has: a file that recurses too deep for it must not get past the check.
    private const int StackBytes = 1 << 20;

    /// <summary>Checks one file.</summary>
    /// <param name="arguments"><c>&lt;model.onnx&gt; [&lt;baseline.csv&gt;] [&lt;metadata.json&gt;]</c>, or what the parent process passes.</param>
    /// <returns>0 when the file can be served, 1 when it is refused, 2 for a wrong command line.</returns>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case [ChildFlag]:
                ModelCheckChild.Serve(StackBytes);
                return 0;
            case [var file, ..] when File.Exists(file) && arguments.All(File.Exists):
                return ModelCheckReport.Write(arguments, Console.Out);
            default:
                Console.Error.WriteLine("usage: check-model <model.onnx> [<baseline.csv>] [<metadata.json>]");
                Console.Error.WriteLine("External data are taken from beside the model.");
                return 2;
        }
    }

    /// <summary>What follows the command of <see cref="ModelCheckOptions"/>.</summary>
    internal static string[] ChildArguments => ["check-model", ChildFlag];
}
