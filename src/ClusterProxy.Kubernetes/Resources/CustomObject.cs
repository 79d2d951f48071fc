namespace ClusterProxy.Kubernetes.Resources;

/// <summary>An object of any kind: all beyond its metadata lies in <see cref="KubernetesObject.MoreFields"/>.</summary>
public sealed record CustomObject : KubernetesObject;
