namespace MlOps.Tests;

public sealed class ComplianceTests
{
    public static TheoryData<string> Suites() => [.. All.Where(type => type.IsAbstract && type.Name.EndsWith("Compliance", StringComparison.Ordinal)).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Suites))]
    public void Suite_IsHeldByBothDatabases(string suite)
    {
        var held = All.Where(type => type is { IsAbstract: false, BaseType: { } whole } && whole.Name == suite).Select(type => type.Name).ToList();

        Assert.Contains(held, name => name.StartsWith("Sqlite", StringComparison.Ordinal));
        Assert.Contains(held, name => name.StartsWith("Postgres", StringComparison.Ordinal));
    }

    private static IEnumerable<Type> All => typeof(ComplianceTests).Assembly.GetTypes();
}
