using System.Text;

namespace ClusterProxy.Hosting.Flags;

/// <summary>
/// A list in one value: items between commas, an item with a comma in double quotes, a quote inside quotes doubled.
/// Go prints lists as <c>[a,b]</c>, and test suites pass what it prints, so brackets around the whole are dropped.
/// </summary>
internal static class CommaList
{
    public static bool TryParse(string text, out IReadOnlyList<string> items)
    {
        if (text is ['[', .., ']'])
        {
            text = text[1..^1];
        }

        var read = new List<string>();
        items = read;
        var at = 0;
        while (text.Length > 0)
        {
            if (!TryReadItem(text, ref at, out var item))
            {
                return false;
            }

            read.Add(item);
            if (at == text.Length)
            {
                return true;
            }

            at++;
        }

        return true;
    }

    private static bool TryReadItem(string text, ref int at, out string item)
    {
        if (at == text.Length || text[at] != '"')
        {
            var comma = text.IndexOf(',', at);
            var end = comma < 0 ? text.Length : comma;
            item = text[at..end];
            at = end;
            return !item.Contains('"', StringComparison.Ordinal);
        }

        var unquoted = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                unquoted.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                unquoted.Append('"');
                at++;
            }
            else
            {
                at++;
                item = unquoted.ToString();
                return at == text.Length || text[at] == ',';
            }
        }

        item = "";
        return false;
    }
}
