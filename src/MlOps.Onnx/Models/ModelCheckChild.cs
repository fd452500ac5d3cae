using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlOps.Models.Registration;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>The child's side of a check: one request from standard input, one answer to standard output.</summary>
internal static class ModelCheckChild
{
    private const double ProgressStep = 0.01;

    /// <param name="stackBytes">Stack of the thread that touches the file.</param>
    /// <param name="parquet">Opens Parquet files.</param>
    public static void Serve(int stackBytes, IParquetReader parquet)
    {
        using var output = ProcessLimits.TakeStandardOutput();
        var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        var request = ExactJson.Read<CheckRequest>(input.ReadLine() ?? throw new EndOfStreamException("No request came."));
        ProcessLimits.Apply(request.MemoryBytes + (request.RowsMemoryBytes is null ? 0 : ProcessLimits.Taken), request.Seconds);
        new Thread(() => EndWithParent(input)) { IsBackground = true }.Start();
        CheckAnswer? answer = null;
        var work = new Thread(() => answer = Answer(request, parquet, Progress(output)), stackBytes);
        work.Start();
        work.Join();
        output.Write(Encoding.UTF8.GetBytes(ExactJson.Write(answer)));
    }

    /// <summary>Checks a file in this process.</summary>
    /// <param name="progress">Told the share of a job's work that is done.</param>
    public static CheckAnswer Answer(CheckRequest request, IParquetReader parquet, Action<double>? progress = null)
    {
        try
        {
            var reading = new RowsReading(parquet, request.InlineBytes, request.RowsMemoryBytes is null ? null : request.Folder, progress);
            return request.Work switch
            {
                CheckWork.Verify => Verify(request.Upload.Graph, request.Signature!),
                CheckWork.AddBaseline => AddBaseline(request, reading),
                _ => Understand(request, reading),
            };
        }
        catch (MlOpsException refused)
        {
            return CheckAnswer.Refused(refused);
        }
        catch (Exception failure) when (failure is OutOfMemoryException or InsufficientExecutionStackException)
        {
            return CheckAnswer.Refused(CheckDeath.OutOfMemory());
        }
        catch (Exception failure) when (StorageFault.Of(failure) is not null)
        {
            return CheckAnswer.Refused(StorageFault.Of(failure)!);
        }
#pragma warning disable CA1031 // The parent must learn of every fault, and logs it: it is ours, not the file's.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return new CheckAnswer(null, null, fault.ToString());
        }
    }

    private static CheckAnswer Understand(CheckRequest request, RowsReading reading)
    {
        using var file = OnnxModelFile.Open(request.Upload.Graph, request.Upload.ExternalData, request.Folder, out var locations);
        return new CheckAnswer(ModelRegistration.Understand(file, request.Upload, reading, CancellationToken.None) with { ExternalDataLocations = locations }, null, null);
    }

    private static CheckAnswer AddBaseline(CheckRequest request, RowsReading reading)
    {
        using var file = OnnxModelFile.Open(request.Upload.Graph, request.Upload.ExternalData, request.Folder, out _);
        return new CheckAnswer(BaselineAddition.Freeze(file, request.Upload, request.Signature!, reading, CancellationToken.None), null, null);
    }

    // A line for each further hundredth.
    private static Action<double> Progress(Stream output)
    {
        var told = 0.0;
        return share =>
        {
            if (share >= told + ProgressStep)
            {
                told = share;
                output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{CheckProcess.ProgressMark}{share:0.000}\n")));
                output.Flush();
            }
        };
    }

    // As serving does it. A made-up row may be refused by the graph; what counts is that the process outlives the load and the run.
    private static CheckAnswer Verify(string graph, ModelSignature signature)
    {
        using var model = new OnnxModelRuntime().Load("", graph, signature);
        var batch = new PredictionPlan(signature, null).Rent();
        batch.Resize(1);
        for (var feature = 0; feature < signature.Features.Length; feature++)
        {
            var spec = signature.Features[feature];
            _ = spec.Domain.IsDefaultOrEmpty || batch.Set(0, feature, spec.Domain[0]) is not null
                ? batch.Set(0, feature, Scalar.Of(0L)) is null || batch.Set(0, feature, Scalar.Of("")) is null
                : true;
        }

        try
        {
            model.Run(batch, 0, 1, CancellationToken.None);
            return new CheckAnswer(null, null, null);
        }
        catch (MlOpsException refused) when (refused.Code == ErrorCode.ModelError)
        {
            return new CheckAnswer(null, null, null);
        }
    }

    // The parent holds the other end open as long as it lives and wants the answer. Not the parent-death signal of Linux: that comes when the thread ends that
    // started the child, and pool threads end. Killed, for a thread that is caught in native code lets no process exit.
    private static void EndWithParent(StreamReader input)
    {
        while (input.Read() >= 0)
        {
        }

        using var own = Process.GetCurrentProcess();
        own.Kill();
    }
}
