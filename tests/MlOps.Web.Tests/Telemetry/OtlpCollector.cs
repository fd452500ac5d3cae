using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace MlOps.Tests.Telemetry;

/// <summary>A collector on loopback that understands OTLP over HTTP: names, attributes and whole numbers of what it is sent.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Channel<Export> received = Channel.CreateUnbounded<Export>();

    private OtlpCollector(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    public static async Task<OtlpCollector> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector.app.Run(collector.Take);
        await collector.app.StartAsync();
        return collector;
    }

    /// <summary>How it answers: with any other than 200 it takes nothing.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The next export.</summary>
    public ValueTask<Export> Next(CancellationToken cancellation) => received.Reader.ReadAsync(cancellation);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Take(HttpContext context)
    {
        if (Status != StatusCodes.Status200OK)
        {
            context.Response.StatusCode = Status;
            await context.Response.WriteAsync("not today");
            return;
        }

        try
        {
            await received.Writer.WriteAsync(await Read(context));
        }
        catch (Exception broken)
        {
            // Whoever waits for the next export is told.
            received.Writer.TryComplete(broken);
            throw;
        }
    }

    private static async Task<Export> Read(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        // ExportMetricsServiceRequest.resource_metrics, ResourceMetrics.scope_metrics, ScopeMetrics.metrics
        var points = Parts(body.ToArray(), 1).SelectMany(resource => Parts(resource, 2)).SelectMany(scope => Parts(scope, 2)).SelectMany(Points).ToList();
        context.Response.ContentType = "application/x-protobuf";
        return new Export(context.Request.Path, context.Request.ContentType, context.Request.Headers["tenant"].ToString(), points);
    }

    // Metric: name 1, gauge 5, sum 7, histogram 9, each with data points 1; NumberDataPoint: whole number 6, attributes 7; HistogramDataPoint: attributes 9.
    private static IEnumerable<Point> Points(byte[] metric)
    {
        var name = ByteString.CopyFrom(Parts(metric, 1).Single()).ToStringUtf8();
        var numbers =
            from data in Parts(metric, 5).Concat(Parts(metric, 7))
            from point in Parts(data, 1)
            select new Point(name, Parts(point, 7).Select(Attribute).ToDictionary(), Whole(point));
        return numbers.Concat(
            from data in Parts(metric, 9)
            from point in Parts(data, 1)
            select new Point(name, Parts(point, 9).Select(Attribute).ToDictionary(), null));
    }

    private static KeyValuePair<string, string> Attribute(byte[] attribute)
    {
        var value = Parts(attribute, 2).Single();
        var text = Parts(value, 1).Select(one => ByteString.CopyFrom(one).ToStringUtf8()).FirstOrDefault();
        return new(ByteString.CopyFrom(Parts(attribute, 1).Single()).ToStringUtf8(), text ?? "");
    }

    private static long? Whole(byte[] point)
    {
        var input = new CodedInputStream(point);
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == WireFormat.MakeTag(6, WireFormat.WireType.Fixed64))
            {
                return input.ReadSFixed64();
            }

            input.SkipLastField();
        }

        return null;
    }

    private static List<byte[]> Parts(byte[] message, int field)
    {
        List<byte[]> parts = [];
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited))
            {
                parts.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return parts;
    }

    internal sealed record Export(string Path, string? ContentType, string Tenant, IReadOnlyList<Point> Points);

    internal sealed record Point(string Name, IReadOnlyDictionary<string, string> Attributes, long? Value);
}
