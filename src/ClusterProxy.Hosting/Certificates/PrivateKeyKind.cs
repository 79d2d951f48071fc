namespace ClusterProxy.Hosting.Certificates;

/// <summary>What a PEM file turned out to hold in the way of private keys.</summary>
public enum PrivateKeyKind
{
    Absent,
    Encrypted,
    Plain,
}
