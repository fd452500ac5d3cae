using System.Numerics;

namespace MlOps.Tests.Contributions;

/// <summary>Shapley values by their definition: over all 2^M sets of known features.</summary>
internal static class ShapleyValues
{
    /// <param name="value">What a set of known features is worth; its bits are features.</param>
    public static double[] Of(int features, Func<uint, double> value)
    {
        var worth = Enumerable.Range(0, 1 << features).Select(known => value((uint)known)).ToArray();
        var shares = new double[features];
        for (uint known = 0; known < worth.Length; known++)
        {
            for (var feature = 0; feature < features; feature++)
            {
                if ((known & (1u << feature)) == 0)
                {
                    var size = BitOperations.PopCount(known);
                    shares[feature] += Factorial(size) * Factorial(features - size - 1) / Factorial(features) * (worth[known | (1u << feature)] - worth[known]);
                }
            }
        }

        return shares;
    }

    private static double Factorial(int number) => Enumerable.Range(1, number).Aggregate(1.0, (product, next) => product * next);
}
