using System.Globalization;

namespace MlOps;

/// <summary>One tree of LightGBM's text form. A child below 0 is leaf ~child.</summary>
/// <param name="Decisions">Bits of each split: 2 sends missing values to the left, 8 says that they are NaN.</param>
internal sealed record LightGbmTree(
    int[] Features, double[] Thresholds, int[] Decisions, int[] Left, int[] Right, double[] InternalCounts, double[] LeafValues, double[] LeafCounts)
{
    public static IEnumerable<LightGbmTree> Parse(string model)
    {
        foreach (var block in model.Split("\nTree=").Skip(1))
        {
            var fields = block.Split("\n\n")[0].Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
            yield return new LightGbmTree(
                Whole(fields, "split_feature"),
                Numbers(fields, "threshold"),
                Whole(fields, "decision_type"),
                Whole(fields, "left_child"),
                Whole(fields, "right_child"),
                Numbers(fields, "internal_count"),
                Numbers(fields, "leaf_value"),
                Numbers(fields, "leaf_count"));
        }
    }

    private static double[] Numbers(Dictionary<string, string> fields, string name) =>
        [.. Words(fields, name).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];

    private static int[] Whole(Dictionary<string, string> fields, string name) =>
        [.. Words(fields, name).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];

    private static string[] Words(Dictionary<string, string> fields, string name) =>
        fields.TryGetValue(name, out var text) ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
}
