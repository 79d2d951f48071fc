namespace ClusterProxy.Hosting.Certificates;

/// <summary>The role that a certificate's extended key usage must allow.</summary>
public enum PeerUsage
{
    Client,
    Server,
}
