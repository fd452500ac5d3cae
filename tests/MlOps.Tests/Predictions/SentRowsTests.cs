using System.Text;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class SentRowsTests
{
    [Theory]
    [InlineData("""{"inputs":{"a":1}}""", 1)]
    [InlineData("""{"options":{"ids":["x"]},"inputs":[{"a":[1,2]},{},3]}""", 3)]
    [InlineData("""{"inputs":[]}""", 0)]
    [InlineData("""{"inputs":5}""", null)]
    [InlineData("""{"input":[{}]}""", null)]
    [InlineData("""{"inputs":[{}""", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public void Rows_AreCountedWhereTheyCanBe(string body, int? rows) => Assert.Equal(rows, SentRows.Count(Encoding.UTF8.GetBytes(body)));
}
