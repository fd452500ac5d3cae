namespace MlOps;

/// <summary>One simulated card payment.</summary>
/// <param name="Amount">In the currency's unit.</param>
/// <param name="MerchantId">1–200; merchants differ in what they sell and in how often their payments are fraud.</param>
/// <param name="Hour">Hour of the day, 0–23.</param>
internal readonly record struct CardPayment(double Amount, int MerchantId, int Hour, bool IsFraud);

/// <summary>
/// A month of card payments, made up: lognormal amounts by kind of merchant, a day with a rhythm, and fraud that is likelier at night, for large
/// amounts, and with some merchants. From one month to the next, fraud learns: in the later one it also comes in small amounts in the morning.
/// </summary>
internal sealed class CardPayments(int seed, bool later)
{
    private const int Merchants = 200;
    private const int Kinds = 5;

    private static readonly double[] TypicalAmount = [12, 28, 45, 90, 320];
    private static readonly double[] HourWeights = [1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 10, 12, 14, 12, 10, 9, 10, 12, 14, 13, 10, 7, 4, 2];

    private readonly Random random = new(seed);

    public IEnumerable<CardPayment> Take(int count) => Enumerable.Range(0, count).Select(_ => Next());

    private CardPayment Next()
    {
        var merchant = 1 + random.Next(Merchants);
        var kind = merchant % Kinds;
        var hour = Hour();
        var amount = Math.Round(TypicalAmount[kind] * Math.Exp(0.8 * Normal()), 2);
        var risk = -5.6
            + (hour < 6 ? 3.2 : 0)
            + (merchant % 17 == 0 ? 2.6 : 0)
            + (amount > 5 * TypicalAmount[kind] ? 3.4 : 0)
            + (amount > 400 ? 1.4 : 0)
            + (later && hour is >= 8 and <= 10 && amount < 10 ? 4.2 : 0);
        return new CardPayment(amount, merchant, hour, random.NextDouble() < 1 / (1 + Math.Exp(-risk)));
    }

    private int Hour()
    {
        var at = random.NextDouble() * HourWeights.Sum();
        for (var hour = 0; hour < 23; hour++)
        {
            at -= HourWeights[hour];
            if (at < 0)
            {
                return hour;
            }
        }

        return 23;
    }

    // Box and Muller.
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
