namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>How a transfer ended for its frontend.</summary>
public enum TransferEnd
{
    /// <summary>All bytes came, or were acknowledged.</summary>
    Complete,

    /// <summary>The frontend was told that something broke.</summary>
    Failed,

    /// <summary>A clean end with bytes missing.</summary>
    CutUnnoticed,
}
