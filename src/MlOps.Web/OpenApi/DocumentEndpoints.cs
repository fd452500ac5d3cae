using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlOps.Requests;
using Scalar.AspNetCore;

namespace MlOps.OpenApi;

/// <summary>The OpenAPI document, and a page to read and try it. Both work without the internet.</summary>
internal static class DocumentEndpoints
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapDocument(this WebApplication app)
    {
        var document = new Lazy<byte[]>(() => Encoding.UTF8.GetBytes(ApiDocument.Of(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)).ToJsonString(Indented)));
        app.MapMethods("/openapi/v1.json", ["GET", "HEAD"], context => context.Answer(StatusCodes.Status200OK, document.Value));
        app.MapScalarApiReference("/docs", page => page
            .WithTitle("MlOps")
            .WithOpenApiRoutePattern("/openapi/v1.json")
            .AddPreferredSecuritySchemes("key")
            .HideModels()
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideDeveloperTools());
    }
}
