using System.Text.Json;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Rows that a database that reads JSON would refuse or change: they are good predictions all the same, since what is odd about them is in names that are no feature.</summary>
internal static class OddRows
{
    private static readonly string[] Fields =
    [
        """ "note":"\u0000" """,
        """ "note":"a\u0000b\u0000" """,
        """ "\u0000":1""",
        """ "note":"\ud800" """,
        """ "note":"\udc00\ud800" """,
        """ "note":1e200000""",
        """ "note":-1E+200000""",
        """ "note":1e-200000""",
        """ "note":123456789012345678901234567890.1234567890123456789000""",
        """ "note":-0.0""",
        """ "note":{"a":1,"a":2,"b":[1e999,"\ud83d",{"\u0000":null}]}""",
        "\"note\" :\t\"\u00e4 \ud83d\ude00 e\u0301 \uffff\" ",
        """ "note":"\\u0000 \/ \" \u00e4" """,
        """ "":null""",
    ];

    /// <summary>A row with each kind.</summary>
    public static string[] Of(JsonElement row) => [.. Fields.Select(field => $"{row.GetRawText().TrimEnd().TrimEnd('}')},{field}}}")];
}
