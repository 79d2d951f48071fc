namespace ClusterProxy.Cli.Demo.Topology;

/// <param name="Certificate">Path of the PEM file.</param>
/// <param name="Key">Path of the PEM file.</param>
internal sealed record CertificateFiles(string Certificate, string Key);
