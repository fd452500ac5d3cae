using System.Text;
using System.Text.Json;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>What each kind of feature makes of each value, from a body and set one by one: the same.</summary>
public sealed class FeatureValueTests
{
    private static readonly Dictionary<string, Feature> Features = new Feature[]
    {
        Feature.Number("float"),
        Feature.Number("half", ElementType.Float16),
        Feature.Number("double", ElementType.Double),
        Feature.Number("int32", ElementType.Int32),
        Feature.Number("int64", ElementType.Int64),
        Feature.Number("number as text", ElementType.String),
        Feature.Number("number as bool", ElementType.Bool),
        Feature.Number("float or null") with { Nullable = true },
        Feature.Number("float, missing −1") with { Nullable = true, Missing = Scalar.Of(-1L) },
        Feature.Number("int64 or null") with { Input = ElementType.Int64, Nullable = true },
        Feature.Number("int64, missing 7") with { Input = ElementType.Int64, Nullable = true, Missing = Scalar.Of(7L) },
        new("flag", FeatureType.Boolean, ElementType.Bool),
        new("flag as float", FeatureType.Boolean, ElementType.Float),
        new("flag as text", FeatureType.Boolean, ElementType.String),
        new("flag as spelled", FeatureType.Boolean, ElementType.String) { Domain = [Scalar.Of("False"), Scalar.Of("True")] },
        Feature.Category("category", "yes", "no"),
        Feature.Category("floats", "1.0", "2.5"),
        Feature.Category("ambiguous", "1.0", "1"),
        Feature.Category("ambiguous without text", "1.0", "01"),
        Feature.Category("booleans", "TRUE", "FALSE"),
        Feature.Category("both", "true", "1"),
        Feature.Category("large", "9007199254740993", "9007199254740992"),
        Feature.Category("category, missing none", "a") with { Nullable = true, Missing = Scalar.Of("none") },
        new("category as number", FeatureType.Categorical, ElementType.Float),
        new("category as int64", FeatureType.Categorical, ElementType.Int64),
        new("text", FeatureType.Text, ElementType.String),
        Feature.Index("index", ElementType.Float, "red", "green"),
        Feature.Index("index or null", ElementType.Float, "red", "green") with { Nullable = true },
        Feature.Index("index, missing −1, unseen 9", ElementType.Float, "red", "green") with { Nullable = true, Missing = Scalar.Of(-1L), Unseen = Scalar.Of(9L) },
        Feature.Index("index of numbers", ElementType.Int64, "10", "20.0"),
        Feature.Index("index, unseen 0", ElementType.Int64, "red", "green") with { Unseen = Scalar.Of(0L) },
    }.ToDictionary(feature => feature.Name);

    [Theory]
    // Numbers stay numbers; a boolean is 1 or 0.
    [InlineData("float", "2.5", "2.5")]
    [InlineData("float", "-7", "-7")]
    [InlineData("float", "1e3", "1000")]
    [InlineData("float", "true", "1")]
    [InlineData("float", "false", "0")]
    [InlineData("float", "0.1", "0.1")]
    [InlineData("double", "0.1", "0.1")]
    [InlineData("half", "65504", "65500")]
    [InlineData("int32", "2147483647", "2147483647")]
    [InlineData("int32", "5.0", "5")]
    [InlineData("int64", "9007199254740993", "9007199254740993")]
    [InlineData("int64", "9007199254740993.0", "9007199254740993")]
    [InlineData("int64", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("int64", "9.223372036854775807e18", "9223372036854775807")]
    [InlineData("int64", "true", "1")]
    [InlineData("number as text", "5.0", "5")]
    [InlineData("number as text", "2.5", "2.5")]
    [InlineData("number as bool", "1", "True")]
    // A null is the value that stands for it, else NaN where the input is float.
    [InlineData("float or null", "null", "NaN")]
    [InlineData("float, missing −1", "null", "-1")]
    [InlineData("int64, missing 7", "null", "7")]
    [InlineData("category, missing none", "null", "none")]
    [InlineData("index or null", "null", "NaN")]
    [InlineData("index, missing −1, unseen 9", "null", "-1")]
    // A boolean takes true, false, 1 and 0.
    [InlineData("flag", "true", "True")]
    [InlineData("flag", "0", "False")]
    [InlineData("flag", "1.0", "True")]
    [InlineData("flag as float", "true", "1")]
    [InlineData("flag as text", "1", "true")]
    [InlineData("flag as spelled", "1", "True")]
    [InlineData("flag as spelled", "false", "False")]
    // A number or boolean is the one value of the domain that is equal to it, else its invariant text.
    [InlineData("category", "\"yes\"", "yes")]
    [InlineData("category", "\"Yes\"", "Yes")]
    [InlineData("category", "true", "true")]
    [InlineData("category", "5.0", "5")]
    [InlineData("floats", "1", "1.0")]
    [InlineData("floats", "true", "1.0")]
    [InlineData("floats", "2.5", "2.5")]
    [InlineData("floats", "2.50", "2.5")]
    [InlineData("floats", "\"1\"", "1")]
    [InlineData("ambiguous", "1", "1")]
    [InlineData("ambiguous", "true", "true")]
    [InlineData("ambiguous without text", "1", "1")]
    [InlineData("booleans", "true", "TRUE")]
    [InlineData("booleans", "0", "FALSE")]
    [InlineData("both", "true", "true")]
    [InlineData("both", "1", "1")]
    [InlineData("large", "9007199254740993", "9007199254740993")]
    [InlineData("large", "9007199254740992", "9007199254740992")]
    [InlineData("category as number", "3", "3")]
    [InlineData("category as int64", "3", "3")]
    // Free text is the invariant text.
    [InlineData("text", "\"five\"", "five")]
    [InlineData("text", "5", "5")]
    [InlineData("text", "5.0", "5")]
    [InlineData("text", "2.5", "2.5")]
    [InlineData("text", "true", "true")]
    [InlineData("text", "\"Gr\\u00f6\\u00dfe \\uD83D\\uDE00 \\\"\"", "Größe 😀 \"")]
    [InlineData("text", "\"\"", "")]
    // An index is the position in the domain, else what stands for unseen, else NaN.
    [InlineData("index", "\"green\"", "1")]
    [InlineData("index", "\"pink\"", "NaN")]
    [InlineData("index, missing −1, unseen 9", "\"pink\"", "9")]
    [InlineData("index, unseen 0", "\"pink\"", "0")]
    [InlineData("index of numbers", "10", "0")]
    [InlineData("index of numbers", "20", "1")]
    [InlineData("index of numbers", "\"20.0\"", "1")]
    public void Value_ThatFits_IsFedAs(string feature, string json, string fed)
    {
        var plan = Signatures.Plan(Features[feature]);
        var parsed = new PredictionBatch(plan);
        PredictBody.Read(Encoding.UTF8.GetBytes($"{{\"inputs\":{{{JsonSerializer.Serialize(feature)}:{json}}}}}"), parsed, 10);
        Assert.Equal(fed, Signatures.Fed(parsed, 0, 0));

        if (!json.Contains('E', StringComparison.OrdinalIgnoreCase) || json[0] == '"' || json.Length < 10)
        {
            var set = new PredictionBatch(plan);
            set.Resize(1);
            using var document = JsonDocument.Parse(json.Replace("9007199254740993.0", "9007199254740993", StringComparison.Ordinal));
            Assert.Null(set.Set(0, 0, Scalar.From(document.RootElement)!.Value));
            Assert.Equal(fed, Signatures.Fed(set, 0, 0));
        }
    }

    [Theory]
    [InlineData("float", "\"2.5\"", "must be a number, not a text")]
    [InlineData("float", "null", "may not be null")]
    [InlineData("float", "1e39", "32-bit float")]
    [InlineData("float", "1e400", "64-bit float")]
    [InlineData("double", "-1e400", "64-bit float")]
    [InlineData("half", "70000", "16-bit float")]
    [InlineData("float", "[1]", "single value")]
    [InlineData("float", "{\"a\":[1,{}]}", "single value")]
    [InlineData("int32", "2147483648", "32-bit integer")]
    [InlineData("int32", "1e30", "32-bit integer")]
    [InlineData("int32", "1.5", "whole number")]
    [InlineData("int64", "9223372036854775808", "64-bit integer")]
    [InlineData("int64", "-9223372036854775809", "64-bit integer")]
    [InlineData("int64", "10000000000000000000", "64-bit integer")]
    [InlineData("int64", "9007199254740993.5", "whole number")]
    [InlineData("int64", "1.00000000000000000000000000000001", "whole number")]
    [InlineData("int64 or null", "null", "may not be null")]
    [InlineData("number as text", "\"5\"", "must be a number")]
    [InlineData("number as bool", "2", "true, false, 1 or 0")]
    [InlineData("flag", "2", "true, false, 1 or 0")]
    [InlineData("flag", "0.5", "true, false, 1 or 0")]
    [InlineData("flag", "\"true\"", "true, false, 1 or 0")]
    [InlineData("category", "null", "may not be null")]
    [InlineData("category as number", "\"3\"", "must be a number")]
    [InlineData("category as int64", "2.5", "whole number")]
    [InlineData("text", "\"a\\u0000b\"", "NUL")]
    [InlineData("text", "\"half \\ud800\"", "surrogate")]
    [InlineData("index of numbers", "\"30\"", "does not know '30'")]
    [InlineData("index of numbers", "true", "does not know 'true'")]
    public void Value_ThatDoesNotFit_IsRefusedByName(string feature, string json, string detail)
    {
        var plan = Signatures.Plan(Features[feature]);
        var body = Encoding.UTF8.GetBytes($"{{\"inputs\":{{{JsonSerializer.Serialize(feature)}:{json}}}}}");

        var refused = Assert.Throws<MlOpsException>(() => PredictBody.Read(body, new PredictionBatch(plan), 10));

        Assert.Equal(ErrorCode.InvalidInputs, refused.Code);
        var fault = Assert.Single(refused.Faults);
        Assert.Equal($"/inputs/{feature}", fault.Pointer);
        Assert.Contains($"'{feature}'", fault.Detail, StringComparison.Ordinal);
        Assert.Contains(detail, fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_NumbersThatJsonCannotSay_AreMissingOrRefused()
    {
        var batch = new PredictionBatch(Signatures.Plan(Features["float or null"]));
        batch.Resize(1);

        Assert.Null(batch.Set(0, 0, Scalar.Of(double.NaN)));
        Assert.Equal("NaN", Signatures.Fed(batch, 0, 0));
        Assert.Contains("infinite", batch.Set(0, 0, Scalar.Of(double.PositiveInfinity)), StringComparison.Ordinal);
    }

    [Fact]
    public void Constants_ArePresentInEveryRowHoweverTheBatchGrows()
    {
        InputSpec input(string name, ConstantSpec? constant, int width, int[] features) => new(name, ElementType.Float, 2, width, [.. features], constant);
        var signature = new ModelSignature(
            [
                input("x", null, 1, [0]),
                input("row", new ConstantSpec(true, [1, 2], [Scalar.Of(1L), Scalar.Of(2L)]), 2, []),
                input("one for all", new ConstantSpec(true, [], [Scalar.Of(3L)]), 2, []),
                input("whole", new ConstantSpec(false, [3], [Scalar.Of(4L), Scalar.Of(5L), Scalar.Of(6L)]), 3, []),
            ],
            [new FeatureSpec("x", FeatureType.Numeric, false, null, default, false, null, 0, 0)],
            Signatures.Regression,
            false);
        var batch = new PredictionBatch(new PredictionPlan(signature, null));
        foreach (var rows in new[] { 1, 3, 2, 40 })
        {
            batch.Resize(rows);

            Assert.Equal(Enumerable.Repeat(new[] { 1f, 2f }, rows).SelectMany(one => one), ((TensorBuffer<float>)batch.Inputs[1]).Values.Take(2 * rows));
            Assert.All(((TensorBuffer<float>)batch.Inputs[2]).Values.Take(2 * rows), value => Assert.Equal(3f, value));
            Assert.Equal([4f, 5f, 6f], ((TensorBuffer<float>)batch.Inputs[3]).Values);
        }
    }
}
