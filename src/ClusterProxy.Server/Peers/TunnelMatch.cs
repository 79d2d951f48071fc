namespace ClusterProxy.Server.Peers;

/// <summary>How good the best tunnel is that a server has for a dial: by the strategy that found it, then by whether it takes new dials.</summary>
/// <param name="Strategy">Index of the strategy in the flag; the first with a match decides.</param>
/// <param name="IsReady">False when all that match are draining.</param>
internal readonly record struct TunnelMatch(int Strategy, bool IsReady)
{
    public static TunnelMatch None { get; } = new(int.MaxValue, IsReady: false);

    public bool IsAny => Strategy != int.MaxValue;

    /// <summary>Less is better.</summary>
    public int Order => IsAny ? (Strategy * 2) + (IsReady ? 0 : 1) : int.MaxValue;
}
