using System.Globalization;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What the query of a list or of a watch asks for.</summary>
internal sealed record ListQuery
{
    private static readonly string[] Fields = ["metadata.name", "metadata.namespace"];

    public LabelSelector Labels { get; private init; } = LabelSelector.Everything;

    public FieldSelector Selected { get; private init; } = FieldSelector.Everything;

    public bool IsWatch { get; private init; }

    /// <summary>0 for no limit.</summary>
    public int Limit { get; private init; }

    public ContinueToken? Continue { get; private init; }

    /// <summary>Null for none, which means from what is there now.</summary>
    public ulong? Version { get; private init; }

    public bool IsExact { get; private init; }

    /// <summary>Null when the query does not say.</summary>
    public bool? SendsInitialEvents { get; private init; }

    public bool AllowsBookmarks { get; private init; }

    public TimeSpan? Timeout { get; private init; }

    public bool Matches(ServedObject value) => Labels.Matches(value.Labels) && Selected.Matches(value.Field);

    /// <exception cref="ApiProblemException">The query cannot be served as it is.</exception>
    public static ListQuery Parse(RequestTarget target)
    {
        var match = target.Value("resourceVersionMatch") ?? "";
        var isWatch = target.Flag("watch");
        bool? sendsInitial = target.Value("sendInitialEvents") is null ? null : target.Flag("sendInitialEvents");
        if (sendsInitial is not null && (!isWatch || match != "NotOlderThan"))
        {
            throw ApiProblemException.Invalid("sendInitialEvents needs watch=true and resourceVersionMatch=NotOlderThan");
        }

        return new ListQuery
        {
            Labels = Parsed(target.Value("labelSelector"), LabelSelector.Parse, LabelSelector.Everything),
            Selected = Known(Parsed(target.Value("fieldSelector"), FieldSelector.Parse, FieldSelector.Everything)),
            IsWatch = isWatch,
            Limit = (int)Math.Min(Number(target, "limit") ?? 0, int.MaxValue),
            Continue = Token(target.Value("continue")),
            Version = Number(target, "resourceVersion") is { } version and > 0 ? version : null,
            IsExact = match == "Exact",
            SendsInitialEvents = sendsInitial,
            AllowsBookmarks = target.Flag("allowWatchBookmarks"),
            Timeout = Number(target, "timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null,
        };
    }

    private static T Parsed<T>(string? text, Func<string, T> parse, T everything)
    {
        try
        {
            return text is { Length: > 0 } ? parse(text) : everything;
        }
        catch (FormatException e)
        {
            throw ApiProblemException.BadRequest($"unable to parse requirement: {e.Message}");
        }
    }

    private static FieldSelector Known(FieldSelector selector) =>
        selector.Requirements.FirstOrDefault(static r => !Fields.Contains(r.Path)) is { } unknown
            ? throw ApiProblemException.BadRequest($"field label not supported: {unknown.Path}; supported are {string.Join(", ", Fields)}")
            : selector;

    private static ContinueToken? Token(string? text) => text is not { Length: > 0 } ? null
        : ContinueToken.TryParse(text, out var token) ? token
        : throw ApiProblemException.BadRequest("continue is no token of this server; begin the list again");

    private static ulong? Number(RequestTarget target, string name) => target.Value(name) is not { Length: > 0 } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw ApiProblemException.BadRequest($"{name}: \"{text}\" is no whole number");
}
