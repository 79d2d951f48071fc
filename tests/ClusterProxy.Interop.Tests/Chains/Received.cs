namespace ClusterProxy.Interop.Tests.Chains;

/// <param name="Bytes">All that has come so far.</param>
/// <param name="Sha256">Of these.</param>
/// <param name="Ended">Whether nothing more will come.</param>
public sealed record Received(long Bytes, string Sha256, bool Ended);
