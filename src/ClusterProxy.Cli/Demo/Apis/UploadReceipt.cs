namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>The answer to <c>POST /upload</c>.</summary>
/// <param name="Cluster">Where the bytes arrived.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Sha256">Of all of them, in lower-case hexadecimal.</param>
internal sealed record UploadReceipt(string Cluster, long Bytes, string Sha256);
