namespace ClusterProxy.Server.Frontend;

/// <summary>The values of the <c>frontend</c> label.</summary>
internal static class FrontendNames
{
    public const string Grpc = "grpc";
    public const string Lane = "lane";
    public const string Peer = "peer";
    public const string Connect = "http-connect";
}
