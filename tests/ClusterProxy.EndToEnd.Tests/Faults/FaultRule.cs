namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>What may become of transfers under a plan of faults.</summary>
internal sealed class FaultRule(FaultPlace place, FrontendKind kind, FaultPlan plan)
{
    /// <summary>Where a cut may look like an end to the frontend, because the wire has no word for it.</summary>
    private bool CutMayLookLikeEnd => place switch
    {
        // A target's FIN is its end, and its RST reads as one with CONNECT.
        FaultPlace.AgentToTarget => FrontendCases.IsConnect(kind) || plan.Break is FaultKind.Cut or FaultKind.HalfClose,
        // A Unix socket has no RST.
        FaultPlace.AgentToServer => kind == FrontendKind.ConnectUnix,
        // FIN between two records: SslStream tells nobody that the alert before it is missing.
        _ => kind == FrontendKind.ConnectTls && plan.Break is FaultKind.Cut or FaultKind.HalfClose,
    };

    /// <summary>Where a target may take a cut-off upload for a whole one.</summary>
    private bool CutMayLookLikeWhole => place switch
    {
        FaultPlace.AgentToTarget => true,
        FaultPlace.AgentToServer => false,
        // As above: FIN between two records.
        _ => kind == FrontendKind.ConnectTls && plan.Break is FaultKind.Cut or FaultKind.HalfClose,
    };

    public void Check(TransferResult result)
    {
        Assert.True(plan.Break is not null || result.End == TransferEnd.Complete, $"{result} although nothing was cut; {plan}");
        Assert.True(result.End != TransferEnd.CutUnnoticed || CutMayLookLikeEnd, $"{result}: nobody was told; {plan}");
    }

    public void CheckUploads(IReadOnlyList<TransferResult> results, IReadOnlyList<PatternUpload> uploads)
    {
        Assert.All(uploads, u => Assert.True(u.WrongAt is null, $"{u}; {plan}"));
        foreach (var upload in uploads.Where(u => u.EndedInOrder && u.Received < u.Request.Length))
        {
            Assert.True(CutMayLookLikeWhole, $"the target takes {upload} for complete; {plan}");
        }

        // An upload that was closed has reached the agent, and its answer does not wait for the target.
        foreach (var result in results.Where(r => r.Request.Mode == PatternMode.Upload && r.End == TransferEnd.Complete && !CutMayLookLikeEnd
            && place != FaultPlace.AgentToTarget))
        {
            Assert.True(
                uploads.Any(u => u.Request == result.Request && u.Received == u.Request.Length), $"{result} is not complete; {plan}");
        }
    }
}
