using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>A PostgreSQL of one test, which it may stop and start: the one that all share stays up.</summary>
internal sealed class OwnPostgres : IDisposable
{
    private const string Installed = "/usr/lib/postgresql";

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-postgres-").FullName;
    private readonly string programs;

    private OwnPostgres(string programs, int port)
    {
        this.programs = programs;
        ConnectionString = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = "mlops", Database = "postgres" }.ConnectionString;
    }

    public string ConnectionString { get; }

    /// <summary>Makes and starts one. The test is skipped where its programs are not installed, but fails in CI.</summary>
    public static OwnPostgres Start()
    {
        var newest = Directory.Exists(Installed) ? Directory.EnumerateDirectories(Installed).MaxBy(path => double.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)) : null;
        Assert.False(newest is null && Environment.GetEnvironmentVariable("CI") == "true", $"There is no PostgreSQL in {Installed}.");
        Assert.SkipWhen(newest is null, $"There is no PostgreSQL in {Installed}.");
        var port = SiloProcessUnderTest.FreePort();
        var made = new OwnPostgres(Path.Combine(newest, "bin"), port);
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Null(SmallDisk.Run("chown", Owner(), made.folder));
        }

        made.Run("initdb", "-D", made.Data, "-U", "mlops", "-A", "trust", "-E", "UTF8", "--no-sync");
        File.AppendAllLines(
            Path.Combine(made.Data, "postgresql.conf"),
            [$"port = {port}", $"unix_socket_directories = '{made.folder}'", "listen_addresses = '127.0.0.1'", "fsync = off", "max_connections = 200"]);
        made.Up();
        return made;
    }

    private string Data => Path.Combine(folder, "data");

    public void Up() => Run("pg_ctl", "-D", Data, "-l", Path.Combine(folder, "log"), "-w", "start");

    /// <param name="mode"><c>fast</c> ends sessions and closes in order; <c>immediate</c> is a crash.</param>
    public void Down(string mode) => Run("pg_ctl", "-D", Data, "-m", mode, "-w", "stop");

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            Down("immediate");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Owner() => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    // The server refuses to run as root. What it leaves running must not hold pipes of ours.
    private void Run(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(programs, program), .. arguments];
        if (Environment.IsPrivilegedProcess)
        {
            command = ["setpriv", $"--reuid={Owner()}", "--clear-groups", .. command];
        }

        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", """exec "$@" </dev/null >"$0" 2>&1""", Path.Combine(folder, "said"), .. command]) { WorkingDirectory = folder })!;
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {File.ReadAllText(Path.Combine(folder, "said"))}");
    }
}
