namespace ClusterProxy.Hosting.Certificates;

/// <summary>For which plane a certificate says that it is.</summary>
public enum CertificateRole
{
    /// <summary>It does not say: certificates that were made for upstream's programs.</summary>
    None,

    /// <summary>An agent of the cluster that it names.</summary>
    Agent,

    /// <summary>Somebody who dials.</summary>
    Frontend,

    /// <summary>A server, toward the other servers of its fleet.</summary>
    Server,
}
