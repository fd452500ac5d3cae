using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using MlOps.Projects;
using MlOps.Requests;
using Xunit;

namespace MlOps.Tests.Requests;

public sealed class QueryReaderTests
{
    [Fact]
    public void Defaults_AreFiftyFromTheStart()
    {
        var query = Query("");

        Assert.Equal(new PageRequest(50, 0), query.Page(200));
        query.Check();
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=201", "?limit")]
    [InlineData("limit=", "?limit")]
    [InlineData("limit=1e2", "?limit")]
    [InlineData("limit=-1", "?limit")]
    [InlineData("limit= 5", "?limit")]
    [InlineData("limit=99999999999999999999", "?limit")]
    [InlineData("offset=-1", "?offset")]
    [InlineData("offset=99999999999999999999", "?offset")]
    [InlineData("limt=5", "?limt")]
    [InlineData("limit=5&limit=6", "?limit")]
    [InlineData("flag=maybe", "?flag")]
    [InlineData("id=x", "?id")]
    [InlineData("word=c", "?word")]
    [InlineData("text=abcdef", "?text")]
    [InlineData("text=%00", "?text")]
    [InlineData("text=%F0%9F%8E%89%F0%9F%8E%89%F0%9F%8E%89%F0%9F%8E%89%F0%9F%8E%89%F0%9F%8E%89", "?text")]
    public void WrongParameter_IsRefusedByName(string text, string pointer)
    {
        var query = Query(text);
        query.Page(200);
        query.Flag("flag");
        query.Id<ProjectId>("id");
        query.Choice("word", "a", "b");
        query.Text("text", 5);

        var fault = Assert.Single(Assert.Throws<MlOpsException>(query.Check).Faults);

        Assert.Equal(pointer, fault.Pointer);
        Assert.Contains(pointer[1..], fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_IsCountedInCharactersNotInUnits() => Assert.Equal("🎉🎉🎉", Query("text=%F0%9F%8E%89%F0%9F%8E%89%F0%9F%8E%89").Text("text", 3));

    [Fact]
    public void EveryFault_IsTold()
    {
        var query = Query("limit=x&offset=y&serch=z");
        query.Page(200);
        query.Text("search", 10);

        var faults = Assert.Throws<MlOpsException>(query.Check).Faults;

        Assert.Equal(3, faults.Length);
        Assert.Contains("did you mean 'search'?", faults[2].Detail, StringComparison.Ordinal);
    }

    private static QueryReader Query(string text) => new(new QueryCollection(QueryHelpers.ParseQuery(text)));
}
