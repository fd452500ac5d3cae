using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace MlOps;

/// <summary>What the owner is told when the silo serves.</summary>
internal static class Announcement
{
    public static void Write(WebApplication app, TextWriter output)
    {
        var data = app.Services.GetRequiredService<DataFolder>();
        output.WriteLine($"MlOps serves on {Address(app)}   (API page: {Address(app)}/docs, data: {data.Path})");
        var key = app.Services.GetRequiredService<AdminKey>();
        if (key.IsNew)
        {
            output.WriteLine($"Admin key, made now and kept in {Path.Combine(data.Path, "admin.key")}: {key.Value}");
        }
    }

    /// <summary>The address that was bound, with its real port.</summary>
    public static string Address(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First().TrimEnd('/');
}
