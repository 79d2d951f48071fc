using ClusterProxy.Client;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Options of clients of the SDK that show a certificate of the frontends' plane and trust only that plane's servers.</summary>
internal static class LoopbackClient
{
    public static TunnelClientOptions Options(int port, TestCertificates frontendPlane) => Options(Tls(port), frontendPlane);

    /// <param name="kind">Says the transport, and which of the two ways it takes.</param>
    /// <param name="port">Of frontends that speak TLS.</param>
    /// <param name="socketPath">Of the others.</param>
    /// <param name="frontendPlane">Signs for both ends.</param>
    public static TunnelClientOptions Options(FrontendKind kind, int port, string socketPath, TestCertificates frontendPlane)
    {
        var options = Options(FrontendCases.IsUnix(kind) ? new Uri($"unix://{socketPath}") : Tls(port), frontendPlane);
        options.Transport = FrontendCases.IsConnect(kind) ? TunnelTransport.HttpConnect
            : FrontendCases.IsLane(kind) ? TunnelTransport.Lane
            : TunnelTransport.Grpc;

        // A test that says gRPC means every dial.
        options.Lanes = FrontendCases.IsLane(kind) ? 2 : 0;
        return options;
    }

    private static TunnelClientOptions Options(Uri address, TestCertificates frontendPlane)
    {
        var options = new TunnelClientOptions { Address = address };
        options.ClientCertificates.Add(frontendPlane.Client().Certificate);
        options.ServerAuthorities.Add(frontendPlane.Authority.Certificate);
        return options;
    }

    private static Uri Tls(int port) => new($"https://127.0.0.1:{port}");
}
