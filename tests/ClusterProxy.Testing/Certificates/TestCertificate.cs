using System.Security.Cryptography.X509Certificates;

namespace ClusterProxy.Testing.Certificates;

/// <summary>A leaf with its key, in memory and as the two PEM files that flags ask for.</summary>
public sealed record TestCertificate(X509Certificate2 Certificate, string CertificateFile, string KeyFile);
