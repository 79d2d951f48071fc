using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>virtualclusters: what people call the clusters, the hub itself among them as <c>local</c>.</summary>
internal sealed class VirtualClusterKind(string group) : ServedKind
{
    private const string Local = "local";

    private readonly string _controlPlane = $"{group}/control-plane";
    private readonly string _endpointType = $"{group}/cluster-endpoint-type";

    public override string Kind => "VirtualCluster";

    public override string Plural => "virtualclusters";

    public override string Singular => "virtualcluster";

    public override IReadOnlyList<string> ShortNames { get; } = ["vc", "vcluster", "vclusters", "virtual-cluster", "virtual-clusters"];

    public override IReadOnlyList<ServedColumn> Columns { get; } =
    [
        new("Name", "string", "name", "the name of the cluster"),
        new("Alias", "string", "", "what people call it"),
        new("Credential_Type", "string", "", "the credential type"),
        new("Endpoint", "string", "", "how it is reached"),
        new("Accepted", "boolean", "", "whether the hub accepts the cluster"),
        new("Labels", "string", "", "the labels of the cluster"),
        new("Creation_Timestamp", "dateTime", "", "when it became known", Priority: 10),
    ];

    public override IReadOnlyList<ServedSubresource> Subresources => [];

    /// <summary>A Secret of that name must not pass for the hub, nor make a second object of one name.</summary>
    public override bool Shows(Cluster cluster) => cluster.Name != Local;

    public override ServedObject Project(Cluster cluster) => Make(
        cluster.Name,
        cluster.Alias,
        cluster.Origin == ClusterOrigin.ManagedCluster ? "ManagedCluster" : $"{cluster.Credential.Type}",
        EndpointOf(cluster),
        cluster.Accepted,
        Visible(cluster.Labels, isControlPlane: false),
        cluster.Version,
        cluster.CreatedAt ?? default) with
    { Uid = cluster.Uid };

    /// <summary>The hub.</summary>
    public override IReadOnlyList<ServedObject> Fixed(ulong version) =>
        [Make(Local, "", "Internal", "-", isAccepted: true, Visible(new Dictionary<string, string>(), isControlPlane: true), version, default)];

    /// <summary>The hub first, then the newest.</summary>
    public override int Compare(ListPosition one, ListPosition other)
    {
        var byHub = (other.Name == Local).CompareTo(one.Name == Local);
        var byAge = byHub != 0 ? byHub : other.CreatedAt.CompareTo(one.CreatedAt);
        return byAge != 0 ? byAge : string.CompareOrdinal(one.Name, other.Name);
    }

    private static ServedObject Make(
        string name,
        string alias,
        string credential,
        string endpoint,
        bool isAccepted,
        SortedDictionary<string, string> labels,
        ulong version,
        DateTimeOffset createdAt) => new(name)
        {
            Version = version,
            CreatedAt = createdAt,
            Labels = labels,
            Cells =
            [
                name,
                alias,
                credential,
                endpoint,
                isAccepted,
                string.Join(',', labels.Select(static l => $"{l.Key}={l.Value}")),
                createdAt == default ? null : createdAt,
            ],
            WriteBody = json =>
            {
                json.WriteStartObject("spec"u8);
                json.WriteString("alias"u8, alias);
                json.WriteBoolean("accepted"u8, isAccepted);
                json.WriteString("endpoint"u8, endpoint);
                json.WriteString("credential-type"u8, credential);
                json.WriteEndObject();
            },
        };

    private string EndpointOf(Cluster cluster) => cluster.Origin == ClusterOrigin.ManagedCluster ? "-"
        : cluster.Labels.GetValueOrDefault(_endpointType) ?? cluster.Endpoint.Address.OriginalString;

    private SortedDictionary<string, string> Visible(IReadOnlyDictionary<string, string> labels, bool isControlPlane)
    {
        var visible = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels.Where(l => !l.Key.StartsWith(group, StringComparison.Ordinal)))
        {
            visible[key] = value;
        }

        visible[_controlPlane] = isControlPlane ? "true" : "false";
        return visible;
    }
}
