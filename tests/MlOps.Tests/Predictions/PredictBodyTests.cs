using System.Text;
using System.Text.Json;
using CsCheck;
using MlOps.Contributions;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class PredictBodyTests
{
    private static readonly PredictionPlan Loans = Signatures.Plan(
        Feature.Number("income"), Feature.Number("age") with { Nullable = true }, Feature.Category("job", "clerk", "smith") with { Nullable = true, Missing = Scalar.Of("none") });

    [Theory]
    [InlineData("{\"income\":5,\"age\":1,\"job\":\"clerk\"}", "5 1 clerk")]
    [InlineData("{\"job\":\"smith\",\"age\":2,\"income\":7}", "7 2 smith")]
    [InlineData("{\"income\":5}", "5 NaN none")]
    [InlineData("{\"\\u0069ncome\":5,\"age\":null,\"j\\u006fb\":\"cl\\u0065rk\"}", "5 NaN clerk")]
    public void Row_OneObject_IsFed(string row, string fed)
    {
        var (batch, call) = Read($"{{\"inputs\":{row}}}");

        Assert.True(call.Single);
        Assert.Null(call.Warnings);
        Assert.Equal(1, batch.Rows);
        Assert.Equal(fed, Row(batch, 0));
    }

    [Theory]
    [InlineData("{\"inputs\":[{\"income\":1},{\"age\":3,\"income\":2}],\"options\":{\"store_payload\":false}}")]
    [InlineData(" {\"options\":{\"store_payload\":false} ,\r\n\t\"inputs\":[{\"income\":1},{\"age\":3,\"income\":2}]} ")]
    [InlineData("\uFEFF{\"options\":{\"store_payload\":false},\"inputs\":[{\"income\":1},{\"age\":3,\"income\":2}]}")]
    public void Rows_OptionsBeforeOrAfter_AreFedInOrder(string body)
    {
        var (batch, call) = Read(body);

        Assert.False(call.Single);
        Assert.False(call.Options.StorePayload);
        Assert.Equal(["1 NaN none", "2 3 none"], Enumerable.Range(0, batch.Rows).Select(row => Row(batch, row)));
    }

    [Fact]
    public void Rows_Thousands_KeepTheirValuesWhileTheBatchGrows()
    {
        var rows = Enumerable.Range(0, 5_000).Select(row => $"{{\"income\":{row},\"age\":{(row % 7 == 0 ? "null" : row * 2)},\"job\":\"{(row < 9 ? "clerk" : "a much longer job than the first ones")}\"}}");
        var (batch, _) = Read($"{{\"inputs\":[{string.Join(',', rows)}]}}");

        Assert.Equal(5_000, batch.Rows);
        Assert.Equal("4999 9998 a much longer job than the first ones", Row(batch, 4_999));
        Assert.Equal("0 NaN clerk", Row(batch, 0));
    }

    [Fact]
    public void Row_UnknownNameBesideAllFeatures_IsAWarningOnce()
    {
        var (_, call) = Read("{\"inputs\":[{\"income\":1,\"age\":1,\"job\":null,\"zip\":9,\"deep\":{\"a\":[1,2]}},{\"income\":1,\"zip\":[],\"age\":1,\"job\":null}]}");

        Assert.Equal(["'zip' is no feature of this model and was ignored.", "'deep' is no feature of this model and was ignored."], call.Warnings);
    }

    [Fact]
    public void Row_UnknownNameAndAFeatureAbsent_IsATypo()
    {
        var refused = Refused("{\"inputs\":[{\"income\":1},{\"incone\":5,\"age\":1,\"job\":\"clerk\"}]}", ErrorCode.InvalidInputs);

        var fault = Assert.Single(refused.Faults);
        Assert.Equal("/inputs/1/incone", fault.Pointer);
        Assert.Contains("did you mean 'income'?", fault.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"zip\":1,\"zip\":2")]
    [InlineData("\"zip\":1,\"city\":2,\"z\\u0069p\":2")]
    public void Row_UnknownNameTwice_IsRefused(string extra)
    {
        var refused = Refused($"{{\"inputs\":[{{\"income\":1,\"age\":1,\"job\":null,\"zip\":1}},{{\"income\":1,\"age\":1,\"job\":null,{extra}}}]}}", ErrorCode.InvalidInputs);

        Assert.Equal(new Fault("/inputs/1", "'zip' is there twice."), Assert.Single(refused.Faults));
    }

    [Fact]
    public void Row_LongUnknownNamesThatBeginAlike_AreDifferent()
    {
        var start = new string('x', 300);
        var (_, call) = Read($"{{\"inputs\":{{\"income\":1,\"age\":1,\"job\":null,\"{start}1\":1,\"{start}2\":1}}}}");

        Assert.Single(call.Warnings!);
    }

    [Fact]
    public void Ids_AreCountedInCharacters()
    {
        var longest = string.Concat(Enumerable.Repeat("🎉", 200));

        Assert.Equal([longest], Read($"{{\"inputs\":{{\"income\":1}},\"options\":{{\"ids\":[\"{longest}\"]}}}}").Call.Options.Ids!);
        Assert.Equal(
            "/options/ids/0", Assert.Single(Refused($"{{\"inputs\":{{\"income\":1}},\"options\":{{\"ids\":[\"{longest}🎉\"]}}}}", ErrorCode.ValidationFailed).Faults).Pointer);
    }

    [Fact]
    public void Body_Empty_IsToldSo() => Assert.Contains("empty", Refused("", ErrorCode.MalformedBody).Message, StringComparison.Ordinal);

    [Fact]
    public void Row_SixtyExtraNamesAndATypoInALaterRow_IsStillNamed()
    {
        var extras = string.Join(',', Enumerable.Range(0, 60).Select(one => $"\"extra_{one}\":1"));
        var refused = Refused($"{{\"inputs\":[{{\"income\":1,\"age\":1,\"job\":null,{extras}}},{{\"incom\":5,\"age\":1,\"job\":null}}]}}", ErrorCode.InvalidInputs);

        Assert.Equal("/inputs/1/incom", Assert.Single(refused.Faults).Pointer);
    }

    [Fact]
    public void Row_UnseenCategory_IsAWarningOnceWithItsRow()
    {
        var (batch, call) = Read("{\"inputs\":[{\"income\":1},{\"income\":1,\"job\":\"pilot\"},{\"income\":1,\"job\":\"pilot\"}]}");

        Assert.Equal(["'job' has the value 'pilot', which is not among its known values."], call.Warnings);
        Assert.Equal([new UnseenValue(2, 1, "pilot")], batch.Unseen);
    }

    [Fact]
    public void Rows_EveryFault_IsNamedWithItsPointer()
    {
        var refused = Refused(
            "{\"inputs\":[{\"income\":\"x\",\"age\":{}},7,{},{\"income\":1,\"income\":2}],\"option\":1,\"options\":{\"store_payloads\":true,\"anonymize_logs\":\"yes\"}}",
            ErrorCode.InvalidInputs);

        Assert.Equal(
            ["/inputs/0/income", "/inputs/0/age", "/inputs/1", "/inputs/2/income", "/inputs/3/income", "/option", "/options/store_payloads", "/options/anonymize_logs"],
            refused.Faults.Select(fault => fault.Pointer));
        Assert.Contains("did you mean 'options'?", refused.Faults[5].Detail, StringComparison.Ordinal);
        Assert.Contains("did you mean 'store_payload'?", refused.Faults[6].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_ThousandsOfFaults_AreAHundred()
    {
        var refused = Refused($"{{\"inputs\":[{string.Join(',', Enumerable.Repeat("{\"age\":\"x\"}", 2_000))}]}}", ErrorCode.InvalidInputs);

        Assert.Equal(100, refused.Faults.Length);
    }

    [Theory]
    [InlineData("{\"inputs\":{NAMES}}", ErrorCode.InvalidInputs)]
    [InlineData("{\"inputs\":[{NAMES},{\"income\":1}]}", ErrorCode.InvalidInputs)]
    [InlineData("{\"options\":{NAMES}}", ErrorCode.ValidationFailed)]
    [InlineData("{NAMES}", ErrorCode.ValidationFailed)]
    public void Names_ThatAreNoText_EndInAHundredFaultsAtAnyNumber(string body, ErrorCode code)
    {
        var names = string.Concat("{", string.Join(',', Enumerable.Repeat("\"\\ud800\":[{}]", 100_000)), "}");

        Assert.Equal(100, Refused(body.Replace("{NAMES}", names, StringComparison.Ordinal), code).Faults.Length);
    }

    [Fact]
    public void Row_NamesWithPointerCharacters_AreEscaped()
    {
        var plan = Signatures.Plan(Feature.Number("a/b~c"));
        var refused = Assert.Throws<MlOpsException>(() => PredictBody.Read("{\"inputs\":{\"a/b~c\":\"x\"}}"u8, new PredictionBatch(plan), 10));

        Assert.Equal("/inputs/a~1b~0c", Assert.Single(refused.Faults).Pointer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("{\"inputs\":{\"income\":1}")]
    [InlineData("{\"inputs\":{\"income\":1}}}")]
    [InlineData("{\"inputs\":{\"income\":1}} {}")]
    [InlineData("{\"inputs\":{\"income\":1},}")]
    [InlineData("{\"inputs\":{'income':1}}")]
    [InlineData("{\"inputs\":{\"income\":01}}")]
    [InlineData("{\"inputs\":{\"income\":+1}}")]
    [InlineData("{\"inputs\":{\"income\":.5}}")]
    [InlineData("{\"inputs\":{\"income\":\"a\nb\"}}")]
    [InlineData("{\"inputs\":{\"job\":\"\\x41\"}}")]
    [InlineData("7 7")]
    [InlineData("// no comments\n{}")]
    public void Body_ThatIsNoJson_IsMalformed(string body) => Refused(body, ErrorCode.MalformedBody);

    [Theory]
    [InlineData("{\"inputs\":{\"income\":NaN}}")]
    [InlineData("{\"inputs\":[{\"income\":Infinity}]}")]
    [InlineData("{\"inputs\":{\"income\": -Infinity}}")]
    public void Body_WithNaN_IsMalformedAndSaysWhatToSend(string body) =>
        Assert.Contains("send null", Refused(body, ErrorCode.MalformedBody).Message, StringComparison.Ordinal);

    [Fact]
    public void Body_NestedTooDeep_IsMalformedAndSaysSo()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 5_000));

        Assert.Contains("64 deep", Refused($"{{\"inputs\":{{\"income\":{deep}", ErrorCode.MalformedBody).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Body_ThatIsNotUtf8_IsMalformed()
    {
        byte[] body = [.. "{\"inputs\":{\"job\":\""u8, 0xC3, 0x28, .. "\"}}"u8];

        Assert.Equal(ErrorCode.MalformedBody, Assert.Throws<MlOpsException>(() => PredictBody.Read(body, new PredictionBatch(Loans), 10)).Code);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("7", "")]
    [InlineData("null", "")]
    [InlineData("{}", "/inputs")]
    [InlineData("{\"options\":{}}", "/inputs")]
    [InlineData("{\"inputs\":{\"income\":1},\"inputs\":{\"income\":1}}", "/inputs")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{},\"options\":{}}", "/options")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":[]}", "/options")]
    [InlineData("{\"inputs\":{\"income\":1},\"a/b\":[[]]}", "/a~1b")]
    [InlineData("{\"inputs\":{\"income\":1},\"\\ud800\":1}", "/\uFFFD")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"\\ud800\":1}}", "/options/\uFFFD")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"store_payload\":1}}", "/options/store_payload")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"store_payload\":true,\"store_payload\":true}}", "/options/store_payload")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"anonymize_logs\":[]}}", "/options/anonymize_logs")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"privacy_policy_id\":\"6f1c\"}}", "/options/privacy_policy_id")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":\"a\"}}", "/options/ids")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[\"a\",\"b\"]}}", "/options/ids")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[\"\"]}}", "/options/ids/0")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[7]}}", "/options/ids/0")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[{\"a\":1}]}}", "/options/ids/0")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[\"\\udc00\"]}}", "/options/ids/0")]
    [InlineData("{\"inputs\":{\"income\":1},\"options\":{\"ids\":[\"a\\u0000\"]}}", "/options/ids/0")]
    public void Body_WithAWrongField_IsRefusedThere(string body, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Refused(body, ErrorCode.ValidationFailed).Faults).Pointer);

    [Theory]
    [InlineData("{\"inputs\":[]}", "/inputs")]
    [InlineData("{\"inputs\":null}", "/inputs")]
    [InlineData("{\"inputs\":\"x\"}", "/inputs")]
    [InlineData("{\"inputs\":[[]]}", "/inputs/0")]
    [InlineData("{\"inputs\":[null]}", "/inputs/0")]
    [InlineData("{\"inputs\":{}}", "/inputs/income")]
    [InlineData("{\"inputs\":{\"income\":null}}", "/inputs/income")]
    [InlineData("{\"inputs\":{\"income\":1,\"age\":1,\"job\":\"clerk\",\"\\ud800\":1}}", "/inputs")]
    [InlineData("{\"inputs\":[{\"income\":1},{\"income\":1},{\"income\":1},{\"income\":1}]}", "/inputs")]
    public void Inputs_ThatAreNoRows_AreRefusedThere(string body, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Refused(body, ErrorCode.InvalidInputs, maxRows: 3).Faults).Pointer);

    [Theory]
    [InlineData("{\"anonymize_response\":true}", ErrorCode.NotAvailable)]
    public void Options_ThatAreNotAvailable_AreRefused(string options, ErrorCode code) => Refused($"{{\"inputs\":{{\"income\":1}},\"options\":{options}}}", code);

    [Theory]
    [InlineData("null", true, null)]
    [InlineData("{}", true, null)]
    [InlineData("{\"include_contributions\":false,\"contributions\":null,\"anonymize_response\":false,\"privacy_policy_id\":null,\"ids\":null}", true, null)]
    [InlineData("{\"store_payload\":false,\"anonymize_logs\":true}", false, true)]
    [InlineData("{\"store_payload\":null,\"anonymize_logs\":false}", true, false)]
    public void Options_AreRead(string options, bool storePayload, bool? anonymizeLogs)
    {
        var (_, call) = Read($"{{\"inputs\":{{\"income\":1}},\"options\":{options}}}");

        Assert.Equal(new PredictOptions(storePayload, null, anonymizeLogs, null), call.Options);
    }

    [Theory]
    [InlineData("{\"include_contributions\":true}", 0, 0, false, false)]
    [InlineData("{\"include_contributions\":true,\"contributions\":null}", 0, 0, false, false)]
    [InlineData("{\"contributions\":{\"top_n\":3,\"bottom_n\":-1,\"compare_abs\":true,\"all_classes\":true},\"include_contributions\":true}", 3, -1, true, true)]
    [InlineData("{\"contributions\":{\"top_n\":null,\"compare_abs\":null},\"include_contributions\":true}", 0, 0, false, false)]
    public void Contributions_AreReadAsAsked(string options, int top, int bottom, bool byAbsolute, bool allClasses) => Assert.Equal(
        new ContributionChoice(top, bottom, byAbsolute, allClasses), Read($"{{\"inputs\":{{\"income\":1}},\"options\":{options}}}").Call.Options.Contributions);

    [Theory]
    [InlineData("{\"contributions\":{\"top_n\":3}}", "/options/contributions")]
    [InlineData("{\"include_contributions\":1}", "/options/include_contributions")]
    [InlineData("{\"include_contributions\":true,\"contributions\":false}", "/options/contributions")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"top_n\":-2}}", "/options/contributions/top_n")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"top_n\":1.5}}", "/options/contributions/top_n")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"bottom_n\":[3]}}", "/options/contributions/bottom_n")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"compare_abs\":\"yes\"}}", "/options/contributions/compare_abs")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"all_classes\":true,\"all_classes\":true}}", "/options/contributions/all_classes")]
    [InlineData("{\"include_contributions\":true,\"contributions\":{\"topn\":{\"a\":[1]}}}", "/options/contributions/topn")]
    public void Contributions_OtherThanTheirOptions_AreRefusedThere(string options, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Refused($"{{\"inputs\":{{\"income\":1}},\"options\":{options}}}", ErrorCode.ValidationFailed).Faults).Pointer);

    [Fact]
    public void Ids_OfTwoHundredCharacters_AreTaken()
    {
        var longest = new string('ü', 200);

        Assert.Equal(["a \"b\"", longest], Read($"{{\"inputs\":[{{\"income\":1}},{{\"income\":1}}],\"options\":{{\"ids\":[\"a \\\"b\\\"\",\"{longest}\"]}}}}").Call.Options.Ids!);
        Refused($"{{\"inputs\":{{\"income\":1}},\"options\":{{\"ids\":[\"{longest}x\"]}}}}", ErrorCode.ValidationFailed);
    }

    [Fact]
    public void Batch_UsedAgain_HoldsNothingOfTheRequestBefore()
    {
        var plan = Signatures.Plan(new Feature("note", FeatureType.Text, ElementType.String));
        var batch = plan.Rent();
        PredictBody.Read("{\"inputs\":[{\"note\":\"secret\"},{\"note\":\"secret\"}]}"u8, batch, 10);
        plan.Return(batch);

        Assert.Same(batch, plan.Rent());
        Assert.All(((TensorBuffer<string>)batch.Inputs[0]).Values, Assert.Null);
        Assert.Equal(0, batch.Rows);
    }

    [Fact]
    public void Batch_LargeOrAbandoned_IsNotKept()
    {
        var plan = Signatures.Plan(Feature.Number("a"), Feature.Number("b"));
        var large = plan.Rent();
        large.Resize(100_000);
        plan.Return(large);
        var abandoned = plan.Rent();
        abandoned.Abandon();
        plan.Return(abandoned);
        var next = plan.Rent();

        Assert.NotSame(large, abandoned);
        Assert.NotSame(large, next);
        Assert.NotSame(abandoned, next);
    }

    [Fact]
    public void Reading_AnyRows_FeedsAndBinsAsSettingThemOneByOne()
    {
        var features = new[]
        {
            Feature.Number("x") with { Nullable = true }, Feature.Number("n", ElementType.Int64) with { Nullable = true, Missing = Scalar.Of(-1L) },
            Feature.Category("c", "1", "two", "3.0") with { Nullable = true, Missing = Scalar.Of("two") },
            Feature.Index("i", ElementType.Float, "red", "green") with { Nullable = true }, new("b", FeatureType.Boolean, ElementType.Bool),
        };
        var baseline = new Baseline(
            100,
            [
                FeatureBinning.Freeze(FeatureType.Numeric, Enumerable.Range(0, 100).Select(one => (one - 50) * 1.7).ToArray()),
                FeatureBinning.Freeze(FeatureType.Numeric, Enumerable.Range(0, 100).Select(one => (double)(one % 9)).ToArray()),
                FeatureBinning.Freeze(FeatureType.Categorical, (string?[])["1", "two", "two", "rare"]),
                null,
                FeatureBinning.Freeze(FeatureType.Boolean, [1, 0, 0]),
            ],
            null);
        var plan = Signatures.Plan(Signatures.Regression, baseline, features);
        var row =
            from x in Gen.OneOf(Gen.Const(Scalar.Null), Gen.Double[-100, 100].Select(Scalar.Of), Gen.Int[-100, 100].Select(one => Scalar.Of((long)one)), Gen.Bool.Select(Scalar.Of))
            from n in Gen.OneOf(Gen.Const(Scalar.Null), Gen.Long.Select(Scalar.Of), Gen.Int[-3, 12].Select(one => Scalar.Of((long)one)))
            from c in Gen.OneOf(Gen.Const(Scalar.Null), Any("1", "two", "rare", "new", "Größe \"\\").Select(Scalar.Of), Any(1.0, 3.0, 2.5).Select(Scalar.Of))
            from i in Gen.OneOf(Gen.Const(Scalar.Null), Any("red", "green", "pink").Select(Scalar.Of))
            from b in Gen.OneOf(Gen.Bool.Select(Scalar.Of), Gen.Long[0, 1].Select(Scalar.Of))
            from order in Gen.Shuffle(new[] { 0, 1, 2, 3, 4 })
            select (Values: new[] { x, n, c, i, b }, Order: order);

        Gen.Select(row.Array[1, 30], Gen.Bool).Sample((rows, ascii) =>
        {
            var options = ascii ? JsonSerializerOptions.Default : new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            var bodies = rows.Select(one => $"{{{string.Join(',', one.Order.Select(at => $"\"{features[at].Name}\":{JsonSerializer.Serialize(one.Values[at], options)}"))}}}");
            var parsed = new PredictionBatch(plan);
            PredictBody.Read(Encoding.UTF8.GetBytes($"{{\"inputs\":[{string.Join(',', bodies)}]}}"), parsed, 100);
            var set = new PredictionBatch(plan);
            set.Resize(rows.Length);
            for (var at = 0; at < rows.Length; at++)
            {
                for (var feature = 0; feature < features.Length; feature++)
                {
                    Assert.Null(set.Set(at, feature, rows[at].Values[feature]));
                    Assert.Equal(Signatures.Fed(set, at, feature), Signatures.Fed(parsed, at, feature));
                }
            }

            Assert.Equal(set.Bins[..(rows.Length * features.Length)], parsed.Bins[..(rows.Length * features.Length)]);
            Assert.Equal(set.Unseen.Select(one => (one.Feature, one.Value)).ToHashSet(), parsed.Unseen.Select(one => (one.Feature, one.Value)).ToHashSet());
        }, iter: 500);
    }

    [Fact]
    public void Bins_AreOfTheNumberBeforeItIsNarrowed()
    {
        var just = 0.1 + 1e-12;
        var column = Enumerable.Range(0, 40).Select(one => one < 20 ? 0.1 : just + one).ToArray();
        var bins = FeatureBinning.Freeze(FeatureType.Numeric, column);
        var plan = Signatures.Plan(Signatures.Regression, new Baseline(40, [bins], null), Feature.Number("x"));
        var batch = new PredictionBatch(plan);
        PredictBody.Read(Encoding.UTF8.GetBytes($"{{\"inputs\":[{{\"x\":0.1}},{{\"x\":{just:R}}}]}}"), batch, 10);

        Assert.Equal((float)0.1, (float)just);
        Assert.Equal([0, 1], batch.Bins[..2]);
    }

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static string Row(PredictionBatch batch, int row) =>
        string.Join(' ', Enumerable.Range(0, batch.Plan.Signature.Features.Length).Select(feature => Signatures.Fed(batch, row, feature)));

    private static (PredictionBatch Batch, PredictCall Call) Read(string body)
    {
        var batch = new PredictionBatch(Loans);
        return (batch, PredictBody.Read(Encoding.UTF8.GetBytes(body), batch, 10_000));
    }

    private static MlOpsException Refused(string body, ErrorCode code, int maxRows = 10_000)
    {
        var refused = Assert.Throws<MlOpsException>(() => PredictBody.Read(Encoding.UTF8.GetBytes(body), new PredictionBatch(Loans), maxRows));
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
