using System.Text.RegularExpressions;

namespace MlOps.Models;

/// <summary>What ONNX Runtime says, without what must not leave the process: file paths, source positions, and the names and notes that exporters put into nodes.</summary>
internal static partial class RuntimeMessage
{
    private const int Longest = 400;

    public static string Of(Exception failure)
    {
        var text = failure.Message;
        text = ErrorCodePrefix().Replace(text, "");
        text = LoadedFrom().Replace(text, "");
        text = Stack().Replace(text, "");
        text = Condition().Replace(text, "");
        text = NameOfFailedNode().Replace(text, "");
        text = NameInNode().Replace(text, "In node (");
        text = NodeInParentheses().Replace(text, "node");
        text = NodeColon().Replace(text, "");
        text = QuotedFile().Replace(text, "…");
        text = FilePath().Replace(text, "…");
        text = Spaces().Replace(text, " ").Trim();
        return text.Length switch
        {
            0 => "no reason given",
            > Longest => text[..Longest] + "…",
            _ => text,
        };
    }

    [GeneratedRegex(@"^\[ErrorCode:\w+\]\s*")]
    private static partial Regex ErrorCodePrefix();

    [GeneratedRegex(@"Load model from .* failed:\s*")]
    private static partial Regex LoadedFrom();

    [GeneratedRegex(@"Stacktrace:.*", RegexOptions.Singleline)]
    private static partial Regex Stack();

    // "/…/tree_ensemble.h:52 void onnxruntime::… condition was false. What it means", or the same without a condition.
    [GeneratedRegex(@"(Exception during (initialization|loading): )?/\S+\.(cc|h|hpp|cpp):\d+ .*?(?<said>( was false\. )|(?=\] )|\) (?=[A-Z])|$)", RegexOptions.Singleline)]
    private static partial Regex Condition();

    [GeneratedRegex(@"\s*Name:'.*?' (?=Status Message)|\s*Name:'[^']*'", RegexOptions.Singleline)]
    private static partial Regex NameOfFailedNode();

    [GeneratedRegex(@"In Node,\s*\("".*?"",\s*", RegexOptions.Singleline)]
    private static partial Regex NameInNode();

    [GeneratedRegex(@"\b[Nn]ode \(.*?\)(?= (Op|is|has|in|of|with|attribute|output|input)\b|[.:,]|$)", RegexOptions.Singleline)]
    private static partial Regex NodeInParentheses();

    [GeneratedRegex(@"\bNode:.*? (?=Output:)", RegexOptions.Singleline)]
    private static partial Regex NodeColon();

    [GeneratedRegex(@"File ""[^""]*""(, line \d+)?(, in \S+)?")]
    private static partial Regex QuotedFile();

    [GeneratedRegex(@"(?<![\w/])([A-Za-z]:)?([\\/][^\s\\/:'"",()\[\]]+){2,}")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
