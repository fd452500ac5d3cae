using MlOps.Contributions;
using Xunit;

namespace MlOps.Tests.Contributions;

public sealed class ContributionChoiceTests
{
    private static readonly double[] Values = [0.5, -3, 2, -0.1];

    [Theory]
    [InlineData(0, 0, false, new[] { 0, 1, 2, 3 })]
    [InlineData(2, 0, false, new[] { 2, 0 })]
    [InlineData(2, 0, true, new[] { 1, 2 })]
    [InlineData(0, 2, false, new[] { 1, 3 })]
    [InlineData(0, 1, true, new[] { 3 })]
    [InlineData(1, 1, false, new[] { 2, 1 })]
    [InlineData(-1, 0, false, new[] { 2, 0, 3, 1 })]
    [InlineData(0, -1, false, new[] { 1, 3, 0, 2 })]
    [InlineData(3, 2, false, new[] { 2, 0, 3, 1 })]
    [InlineData(9, 0, true, new[] { 1, 2, 0, 3 })]
    public void Order_IsAsAsked(int top, int bottom, bool byAbsolute, int[] expected) =>
        Assert.Equal(expected, new ContributionChoice(top, bottom, byAbsolute, false).Order(Values));
}
