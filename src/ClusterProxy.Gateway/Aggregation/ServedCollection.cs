using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Clusters;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>get, list and watch of one kind.</summary>
/// <param name="group">Of the API.</param>
/// <param name="kind">Which one.</param>
/// <param name="history">Of the clusters.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">Ends watches: their clients go on elsewhere.</param>
internal sealed class ServedCollection(ApiGroup group, ServedKind kind, ClusterHistory history, TimeProvider time, CancellationToken stopping)
{
    private static readonly string[] ShowingAgents = ["curl", "Wget", "Mozilla/5.0"];

    public ServedKind Kind => kind;

    /// <summary>Null when there is none of that name.</summary>
    public ServedObject? Find(string name)
    {
        var cluster = history.Now.Find(name);
        return cluster is not null && kind.Shows(cluster)
            ? kind.Project(cluster)
            : kind.Fixed(history.Start).FirstOrDefault(f => f.Name == name);
    }

    public async Task GetAsync(HttpContext context, RequestTarget target, ServedObject value)
    {
        var view = View(context, target);
        await using var json = JsonResponse.Start(context, IsPretty(context, target));
        view.WriteOne(json, value);
        await JsonResponse.EndAsync(context, json);
    }

    /// <exception cref="ApiProblemException">The query cannot be served.</exception>
    public async Task ListAsync(HttpContext context, RequestTarget target)
    {
        var query = ListQuery.Parse(target);
        var view = View(context, target);
        if (query.IsWatch)
        {
            await new ClusterWatch(context, query, view, kind, history, time, stopping).RunAsync();
            return;
        }

        var clusters = history.Now;
        var version = query.Continue?.Version ?? clusters.Version;
        if ((query.IsExact && query.Version is { } exact && exact != clusters.Version) || history.After(version, out _) is null)
        {
            throw ApiProblemException.Expired("that version is not known here any more; begin the list again without it");
        }

        var matching = Matching(clusters, query);
        var (page, left) = query.Limit > 0 && matching.Count > query.Limit
            ? (matching.Take(query.Limit), matching.Count - query.Limit)
            : (matching, 0);
        var token = left > 0 ? new ContinueToken(version, ListPosition.Of(matching[query.Limit - 1])).ToString() : "";

        // Kubernetes does not count what a selector would leave out.
        var isSelective = query.Labels.Requirements.Count + query.Selected.Requirements.Count > 0;
        await using var json = JsonResponse.Start(context, IsPretty(context, target));
        view.StartList(json, version, withColumns: true, token, left > 0 && !isSelective ? left : null);
        foreach (var value in page)
        {
            view.WriteItem(json, value);
            await JsonResponse.FlushIfLongAsync(context, json);
        }

        ObjectJson.EndList(json);
        await JsonResponse.EndAsync(context, json);
    }

    private List<ServedObject> Matching(ClusterSnapshot clusters, ListQuery query)
    {
        var all = kind.Fixed(history.Start).Concat(clusters.All.Where(kind.Shows).Select(kind.Project));
        var found = all.Where(query.Matches).ToList();
        found.Sort((a, b) => kind.Compare(ListPosition.Of(a), ListPosition.Of(b)));
        if (query.Continue is { } token)
        {
            found.RemoveAll(v => kind.Compare(ListPosition.Of(v), token.Last) <= 0);
        }

        return found;
    }

    private ObjectJson View(HttpContext context, RequestTarget target) => new(
        group,
        kind,
        AcceptHeader.FormOf(context.Request.Headers.Accept.ToString()) ?? throw ApiProblemException.NotAcceptable(),
        target.Value("includeObject") switch
        {
            null or "" or "Metadata" => IncludedObject.Metadata,
            "None" => IncludedObject.None,
            "Object" => IncludedObject.Object,
            var other => throw ApiProblemException.BadRequest($"includeObject: \"{other}\" is none of None, Metadata, Object"),
        });

    /// <summary>By the query; without it for programs that show people what they get, as every API server does.</summary>
    private static bool IsPretty(HttpContext context, RequestTarget target) => target.Value("pretty") is { Length: > 0 }
        ? target.Flag("pretty")
        : ShowingAgents.Any(a => context.Request.Headers.UserAgent.ToString().StartsWith(a, StringComparison.Ordinal));
}
