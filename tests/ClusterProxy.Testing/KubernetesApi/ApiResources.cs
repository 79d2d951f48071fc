namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>The kinds that are there from the start.</summary>
public static class ApiResources
{
    public static IReadOnlyList<ApiResource> All { get; } =
    [
        new("", "v1", "ConfigMap", "configmaps", true) { ShortNames = ["cm"] },
        new("", "v1", "Namespace", "namespaces", false) { ShortNames = ["ns"], Subresources = ["status"], Columns = [("Status", "status.phase")] },
        new("", "v1", "Pod", "pods", true) { ShortNames = ["po"], Subresources = ["status"], Columns = [("Status", "status.phase")] },
        new("", "v1", "Secret", "secrets", true) { Columns = [("Type", "type")] },
        new("apiregistration.k8s.io", "v1", "APIService", "apiservices", false) { Subresources = ["status"] },
        new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false) { IsReview = true },
        new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false) { IsReview = true },
        new("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false)
        {
            ShortNames = ["csr"],
            Subresources = ["status", "approval"],
            Columns = [("SignerName", "spec.signerName"), ("Requestor", "spec.username")],
        },
        new("cluster.open-cluster-management.io", "v1", "ManagedCluster", "managedclusters", false)
        {
            Subresources = ["status"],
            Columns = [("Hub Accepted", "spec.hubAcceptsClient")],
        },
        new("coordination.k8s.io", "v1", "Lease", "leases", true) { Columns = [("Holder", "spec.holderIdentity")] },
    ];
}
