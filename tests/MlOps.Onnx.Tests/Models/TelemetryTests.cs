using System.Runtime.InteropServices;
using MlOps.Models;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>ONNX Runtime reports to nobody.</summary>
public sealed partial class TelemetryTests
{
    [Fact]
    public void NativeEnvironment_TurnsTelemetryOff_OnceASessionWasOpened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has one environment for native and managed code.");
        using var scratch = new Scratch();

        OnnxSession.Open(scratch.Write(Model([Node("Identity", ["X"], ["y"])], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)])), size: 0).Dispose();

        Assert.Equal("1", Marshal.PtrToStringUTF8(Variable("ORT_DISABLE_TELEMETRY")));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Variable(string name);
}
