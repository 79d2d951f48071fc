namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Fails a test of the red team that has not looked for what an operator would see.</summary>
internal sealed class SightDuty : IDisposable
{
    /// <summary>Whether it has, or has said why there is nothing.</summary>
    public bool IsDone { get; set; }

    public void Dispose() => Assert.True(IsDone, "the test has not asked for the metric and the line that its attack is seen by");
}
