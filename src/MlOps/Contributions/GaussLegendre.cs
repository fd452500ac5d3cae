namespace MlOps.Contributions;

/// <summary>The Gauss–Legendre rule on [0, 1]: n points are exact for polynomials of degree 2n − 1.</summary>
internal static class GaussLegendre
{
    private const int Steps = 100;

    /// <summary>Points in rising order, and their weights, which sum to one.</summary>
    public static (double[] Points, double[] Weights) Of(int count)
    {
        var (points, weights) = (new double[count], new double[count]);
        for (var index = 0; index < count; index++)
        {
            // Newton's method from Tricomi's estimate of the root.
            var root = Math.Cos(Math.PI * (index + 0.75) / (count + 0.5));
            var slope = 0.0;
            for (var step = 0; step < Steps; step++)
            {
                (var value, slope) = Legendre(count, root);
                var next = root - (value / slope);
                if (next == root)
                {
                    break;
                }

                root = next;
            }

            var mirrored = count - 1 - index;
            points[mirrored] = (1 + root) / 2;
            weights[mirrored] = 1 / ((1 - (root * root)) * slope * slope);
        }

        return (points, weights);
    }

    // The polynomial of a degree, and its slope.
    private static (double Value, double Slope) Legendre(int degree, double at)
    {
        var (before, value) = (1.0, at);
        for (var of = 2; of <= degree; of++)
        {
            (before, value) = (value, ((((2 * of) - 1) * at * value) - ((of - 1) * before)) / of);
        }

        return (value, degree * ((at * value) - before) / ((at * at) - 1));
    }
}
