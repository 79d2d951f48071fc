using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server;

/// <summary>Labels written as <c>key=value[,key=value]</c>; spaces around each part do not count.</summary>
internal sealed record LabelList(IReadOnlyList<KeyValuePair<string, string>> Labels)
{
    public static LabelList KonnectivityServer { get; } = new([new("k8s-app", "konnectivity-server")]);

    public static FlagType<LabelList> FlagType { get; } = new(
        "labels",
        TryParse,
        labels => labels.ToString(),
        "is not a list of labels: write key=value, several with commas between them");

    public static bool TryParse(string text, [MaybeNullWhen(false)] out LabelList labels)
    {
        labels = null;
        var read = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split(','))
        {
            if (part.Split('=') is not [var key, var value] || key.Trim() is not { Length: > 0 } name || value.Trim().Length == 0)
            {
                return false;
            }

            read.Add(new(name, value.Trim()));
        }

        labels = new LabelList(read);
        return true;
    }

    public override string ToString() => string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));
}
