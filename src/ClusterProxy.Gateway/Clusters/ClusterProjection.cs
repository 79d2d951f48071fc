using System.Collections.Immutable;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>Makes clusters of the objects that describe them. What cannot be used is a <see cref="FormatException"/> with one sentence.</summary>
internal sealed class ClusterProjection(GatewayOptions options)
{
    private readonly EndpointProjection _endpoints = new(options);
    private readonly CredentialProjection _credentials = new(options);

    public ClusterKeys Keys { get; } = new(options.Group);

    /// <param name="secret">Labelled.</param>
    /// <param name="managed">Of the same name, if there is one: its address and authorities go before the Secret's.</param>
    /// <param name="origin">Of the Secret.</param>
    /// <exception cref="FormatException">It cannot be used.</exception>
    /// <exception cref="Kubernetes.Configuration.KubeConfigException">Its exec plugin cannot be used.</exception>
    public Cluster Project(Secret secret, ManagedCluster? managed, ClusterOrigin origin)
    {
        var name = secret.Key.Name;
        var annotations = Sorted(secret.Metadata?.Annotations);
        return new Cluster
        {
            Name = name,
            Alias = annotations.GetValueOrDefault(Keys.Alias, ""),
            Endpoint = _endpoints.Project(secret, managed, origin),
            Credential = _credentials.Project(secret, origin),
            Labels = Sorted(secret.Metadata?.Labels),
            Annotations = annotations,
            CreatedAt = secret.Metadata?.CreationTimestamp,
            ResourceVersion = secret.Metadata?.ResourceVersion ?? "",
            Uid = secret.Metadata?.Uid ?? "",
            Health = Health(annotations),
            Accepted = managed?.Spec?.HubAcceptsClient ?? true,
            Origin = origin,
        };
    }

    /// <summary>A ManagedCluster without a Secret: it is listed and cannot be reached.</summary>
    public Cluster Project(ManagedCluster managed) => new()
    {
        Name = managed.Key.Name,
        Alias = managed.Metadata?.Annotations?.GetValueOrDefault(Keys.Alias) ?? "",
        Endpoint = new ClusterEndpoint
        {
            Kind = EndpointKind.Const,
            Address = managed.Spec?.ManagedClusterClientConfigs is [{ Url: { } url }, ..] && Uri.TryCreate(url, UriKind.Absolute, out var address)
                ? address
                : new Uri("https://unknown.invalid"),
        },
        Credential = ClusterCredential.None,
        Labels = Sorted(managed.Metadata?.Labels),
        Annotations = Sorted(managed.Metadata?.Annotations),
        CreatedAt = managed.Metadata?.CreationTimestamp,
        ResourceVersion = managed.Metadata?.ResourceVersion ?? "",
        Uid = managed.Metadata?.Uid ?? "",
        Accepted = managed.Spec?.HubAcceptsClient == true,
        Origin = ClusterOrigin.ManagedCluster,
    };

    /// <summary>A value that is no boolean is as good as none: it must not take a cluster away.</summary>
    private ClusterHealth? Health(ImmutableSortedDictionary<string, string> annotations) =>
        bool.TryParse(annotations.GetValueOrDefault(Keys.Healthy), out var healthy)
            ? new ClusterHealth(healthy, annotations.GetValueOrDefault(Keys.HealthyReason, ""))
            : null;

    /// <summary>What is sorted in this order already stays the very same.</summary>
    private static ImmutableSortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string>? values) =>
        values is { Count: > 0 } ? values.ToImmutableSortedDictionary(StringComparer.Ordinal) : ImmutableSortedDictionary<string, string>.Empty;
}
