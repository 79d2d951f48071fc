namespace ClusterProxy.Server.Tests.Kit;

/// <summary>An HTTP response as a raw client sees it.</summary>
internal sealed record ConnectResult(string StatusLine, string Head, string Body)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1]);
}
