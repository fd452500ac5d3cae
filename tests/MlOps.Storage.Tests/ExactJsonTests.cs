using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Tests;

public sealed class ExactJsonTests
{
    private static readonly Gen<Scalar> AnyScalar = Gen.OneOf(
        Gen.Const(Scalar.Null),
        Gen.Bool.Select(Scalar.Of),
        Gen.Long.Select(Scalar.Of),
        Gen.Double.Select(Scalar.Of),
        Gen.Int.Select(whole => Scalar.Of((double)whole)),
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Select(Scalar.Of));

    [Fact]
    public void Scalar_OfAnyKind_ComesBackAsItWas() =>
        AnyScalar.Array.Sample(values =>
        {
            var back = ExactJson.Read<ImmutableArray<Scalar>>(ExactJson.Write(values.ToImmutableArray()));
            return back.SequenceEqual(values);
        });

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-0.0)]
    [InlineData(5.0)]
    [InlineData(1e300)]
    public void Scalar_OfANumber_StaysANumber(double number)
    {
        var back = ExactJson.Read<Scalar>(ExactJson.Write(Scalar.Of(number)));

        Assert.Equal(ScalarKind.Number, back.Kind);
        Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits(back.AsNumber!.Value));
    }

    [Fact]
    public void Scalar_Optional_MayBeAbsent()
    {
        Assert.Null(JsonSerializer.Deserialize<Scalar?>(ExactJson.Write<Scalar?>(null), ExactJson.Options));
        Assert.Equal(Scalar.Of(0L), ExactJson.Read<Scalar?>(ExactJson.Write<Scalar?>(Scalar.Of(0L))));
    }

    [Fact]
    public void Array_DefaultAndEmpty_StayApart()
    {
        Assert.True(ExactJson.Read<ImmutableArray<long>>(ExactJson.Write(default(ImmutableArray<long>))).IsDefault);
        Assert.True(ExactJson.Read<ImmutableArray<long>>(ExactJson.Write(ImmutableArray<long>.Empty)).IsEmpty);
    }

    [Fact]
    public void Signature_ComesBackAsItWas() =>
        Structure.AssertSame(Samples.Signature, ExactJson.Read<ModelSignature>(ExactJson.Write(Samples.Signature)));

    [Fact]
    public void Baseline_ComesBackAsItWas() =>
        Structure.AssertSame(Samples.Baseline, ExactJson.Read<Baseline>(ExactJson.Write(Samples.Baseline)));

    [Fact]
    public void Signature_OfANewerVersion_IsReadWithoutWhatIsUnknown()
    {
        var newer = ExactJson.Write(Samples.Signature).Insert(1, "\"of_tomorrow\":{},");

        Structure.AssertSame(Samples.Signature, ExactJson.Read<ModelSignature>(newer));
    }

    // What is stored is a contract with rows of earlier versions: a renamed property or enum would make them unreadable.
    [Fact]
    public void Signature_Stored_LooksLikeThis() =>
        Assert.Equal(
            """
            {"inputs":[{"name":"x","type":"Float","rank":2,"width":2,"features":[0,1],"constant":null},{"name":"c","type":"Int64","rank":1,"width":1,"features":[],"constant":{"per_row":true,"shape":[1],"values":[3]}}],"features":[{"name":"amount","type":"Numeric","nullable":true,"missing":null,"domain":null,"index_encoded":false,"unseen":null,"input":0,"column":0},{"name":"plan","type":"Categorical","nullable":false,"missing":-1,"domain":["a",5.0,5,true,null],"index_encoded":true,"unseen":0.5,"input":0,"column":1}],"output":{"task":"Classification","label":"label","graph_labels":["0","1"],"scores":["p"],"score_map_keys":[],"score_width":2,"opposite":false,"kind":"Probability","classes":["no","yes"],"threshold":0.25,"ignored":[]},"row_by_row":false}
            """,
            ExactJson.Write(Samples.Signature));

    [Fact]
    public void Baseline_Stored_LooksLikeThis() =>
        Assert.Equal(
            """
            {"rows":3,"features":[{"edges":[-1.5,0.1,"Infinity"],"values":null,"rarer":null,"high_cardinality":false,"counts":[1,1,1,0,0]},null,{"edges":null,"values":["a",{"number":"NaN"},1E+30],"rarer":["rare"],"high_cardinality":true,"counts":[2,1,0,0]}],"prediction":{"source":"reference","rows":3,"bins":{"edges":null,"values":["no"],"rarer":[],"high_cardinality":false,"counts":[3,0,0]},"accuracy":0.75,"mean_absolute_error":null}}
            """,
            ExactJson.Write(Samples.Baseline));
}
