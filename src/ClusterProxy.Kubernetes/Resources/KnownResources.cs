namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The kinds that have a type here, and the way to any other.</summary>
public static class KnownResources
{
    public static ResourceDefinition<ApiService> ApiServices { get; } =
        new("apiregistration.k8s.io", "v1", "APIService", "apiservices", IsNamespaced: false, KubernetesJson.Default.ApiService);

    public static ResourceDefinition<CertificateSigningRequest> CertificateSigningRequests { get; } = new(
        "certificates.k8s.io",
        "v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
        IsNamespaced: false,
        KubernetesJson.Default.CertificateSigningRequest);

    public static ResourceDefinition<ConfigMap> ConfigMaps { get; } =
        new("", "v1", "ConfigMap", "configmaps", IsNamespaced: true, KubernetesJson.Default.ConfigMap);

    public static ResourceDefinition<Lease> Leases { get; } =
        new("coordination.k8s.io", "v1", "Lease", "leases", IsNamespaced: true, KubernetesJson.Default.Lease);

    public static ResourceDefinition<ManagedCluster> ManagedClusters { get; } = new(
        "cluster.open-cluster-management.io",
        "v1",
        "ManagedCluster",
        "managedclusters",
        IsNamespaced: false,
        KubernetesJson.Default.ManagedCluster);

    public static ResourceDefinition<Secret> Secrets { get; } =
        new("", "v1", "Secret", "secrets", IsNamespaced: true, KubernetesJson.Default.Secret);

    public static ResourceDefinition<SubjectAccessReview> SubjectAccessReviews { get; } = new(
        "authorization.k8s.io",
        "v1",
        "SubjectAccessReview",
        "subjectaccessreviews",
        IsNamespaced: false,
        KubernetesJson.Default.SubjectAccessReview);

    public static ResourceDefinition<TokenReview> TokenReviews { get; } =
        new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", IsNamespaced: false, KubernetesJson.Default.TokenReview);

    /// <summary>A kind without a type of its own.</summary>
    public static ResourceDefinition<CustomObject> Custom(string group, string version, string kind, string plural, bool isNamespaced) =>
        new(group, version, kind, plural, isNamespaced, KubernetesJson.Default.CustomObject);
}
