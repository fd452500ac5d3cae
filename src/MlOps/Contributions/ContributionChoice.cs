namespace MlOps.Contributions;

/// <summary>Which contributions of a row are answered, and in which order.</summary>
/// <param name="Top">So many of the largest, largest first; −1 for all in this order; 0 for none by this.</param>
/// <param name="Bottom">So many of the smallest, smallest first, behind those; −1 for all in this order.</param>
/// <param name="ByAbsolute">Large and small are so whatever their sign.</param>
/// <param name="AllClasses">Those of every class are answered, too.</param>
public sealed record ContributionChoice(int Top, int Bottom, bool ByAbsolute, bool AllClasses)
{
    /// <summary>All, in the order of the features.</summary>
    public static ContributionChoice Whole { get; } = new(0, 0, false, false);

    /// <summary>The features that are answered, in their order.</summary>
    public int[] Order(ReadOnlySpan<double> values)
    {
        var order = new int[values.Length];
        for (var feature = 0; feature < order.Length; feature++)
        {
            order[feature] = feature;
        }

        if (Top == 0 && Bottom == 0)
        {
            return order;
        }

        double[] keys = ByAbsolute ? [.. values.ToArray().Select(Math.Abs)] : values.ToArray();
        int[] falling = [.. order.OrderByDescending(feature => keys[feature])];
        if (Top < 0 || (Top > 0 && Bottom != 0 && (Bottom < 0 || Top + (long)Bottom >= order.Length)))
        {
            return falling;
        }

        int[] rising = [.. order.OrderBy(feature => keys[feature])];
        return [.. falling.Take(Top), .. Bottom < 0 ? rising : rising.Take(Bottom)];
    }
}
