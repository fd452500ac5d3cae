namespace MlOps;

internal static class Usage
{
    private const string Text = """
        usage: dotnet run -c Release --project src/MlOps.Silo [-- <command>]

          (none)               serve on Http:Url of silo.json (http://localhost:8888), everything embedded in ./data
          demo                 the same, and seed a project "fraud" with two models and 5,000 predictions, once
          backup <file>        copy the embedded catalogue into a new file, while a silo serves from it
          drain <folder>       bring what the journal of a data folder still holds into the database, without serving; for a folder whose silo will not start again
          migrate [restored]   bring PostgreSQL (MLOPS__Storage__Postgres) to this program's schema, before silos of it start; 'restored' after its restore
          check-model <file>   load and try an ONNX file outside the server, and say how it is understood

        Settings: silo.json, overridden by environment variables MLOPS__<Section>__<Key>, e.g. MLOPS__Http__Url=http://127.0.0.1:9000
        """;

    /// <summary>Says what the commands are; the exit code of a wrong command line.</summary>
    public static int Refuse(IReadOnlyList<string> args)
    {
        var asked = args is ["help" or "--help" or "-h", ..];
        (asked ? Console.Out : Console.Error).WriteLine(asked ? Text : $"There is no command '{string.Join(' ', args)}'.\n\n{Text}");
        return asked ? 0 : 2;
    }
}
