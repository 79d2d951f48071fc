using System.Security.Cryptography;

namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>
/// Keys of kept answers: digests, so that a memory dump holds no token, under a key of the process, so that none can be looked up.
/// </summary>
internal sealed class ReviewKey
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    public string Of(ReadOnlySpan<byte> question) => Convert.ToBase64String(HMACSHA256.HashData(_secret, question));
}
