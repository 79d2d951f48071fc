namespace ClusterProxy.Hosting.Certificates;

internal readonly record struct PemBlock(string Label, byte[] Data);
