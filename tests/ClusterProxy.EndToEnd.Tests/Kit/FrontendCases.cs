namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>The rows of theories: which frontend, at a server of which <c>--mode</c>.</summary>
public static class FrontendCases
{
    public static TheoryData<FrontendKind> All { get; } = [.. Enum.GetValues<FrontendKind>()];

    public static TheoryData<FrontendKind> Connect { get; } = [FrontendKind.ConnectTls, FrontendKind.ConnectUnix];

    /// <summary>Every frontend at every server that serves it.</summary>
    public static TheoryData<FrontendKind, string> AllModes { get; } = new()
    {
        { FrontendKind.GrpcTls, "grpc" },
        { FrontendKind.GrpcUnix, "grpc" },
        { FrontendKind.GrpcTls, "auto" },
        { FrontendKind.GrpcUnix, "auto" },
        { FrontendKind.LaneTls, "grpc" },
        { FrontendKind.LaneUnix, "grpc" },
        { FrontendKind.LaneTls, "auto" },
        { FrontendKind.LaneUnix, "auto" },
        { FrontendKind.ConnectTls, "http-connect" },
        { FrontendKind.ConnectUnix, "http-connect" },
        { FrontendKind.ConnectTls, "auto" },
        { FrontendKind.ConnectUnix, "auto" },
    };

    public static TheoryData<FrontendKind, string> ConnectModes { get; } = new()
    {
        { FrontendKind.ConnectTls, "http-connect" },
        { FrontendKind.ConnectUnix, "http-connect" },
        { FrontendKind.ConnectTls, "auto" },
        { FrontendKind.ConnectUnix, "auto" },
    };

    public static bool IsConnect(FrontendKind kind) => kind is FrontendKind.ConnectTls or FrontendKind.ConnectUnix;

    public static bool IsUnix(FrontendKind kind) => kind is FrontendKind.GrpcUnix or FrontendKind.ConnectUnix or FrontendKind.LaneUnix;

    public static bool IsLane(FrontendKind kind) => kind is FrontendKind.LaneTls or FrontendKind.LaneUnix;
}
