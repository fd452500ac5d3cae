namespace MlOps.Contributions;

/// <summary>Methods, spaces and sources as the API writes them.</summary>
public static class ContributionWords
{
    public static string Of(ContributionMethod method) => method switch
    {
        ContributionMethod.Tree => "tree",
        ContributionMethod.Linear => "linear",
        ContributionMethod.Enumerated => "enumerated",
        _ => "sampled",
    };

    public static string Of(ContributionSpace space) => space switch
    {
        ContributionSpace.LogOdds => "log_odds",
        ContributionSpace.Probability => "probability",
        ContributionSpace.Log => "log",
        _ => "value",
    };

    public static string Of(CoverSource source) => source switch
    {
        CoverSource.Dump => "dump",
        CoverSource.File => "file",
        CoverSource.Baseline => "baseline",
        _ => "none",
    };
}
