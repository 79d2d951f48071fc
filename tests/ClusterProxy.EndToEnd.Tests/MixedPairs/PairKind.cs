namespace ClusterProxy.EndToEnd.Tests.MixedPairs;

/// <summary>Frontend, server, agent; Like is upstream's manner, at least one is ours.</summary>
public enum PairKind
{
    SdkOursLike,
    ConnectOursLike,
    LikeOursOurs,
    LikeOursLike,
    SdkLikeOurs,
    LikeLikeOurs,
    SdkLikeLike,
}
