using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Options for hosts in this process: loopback, ports of the kernel's choice, an agent that does not idle between attempts.</summary>
internal static class LoopbackOptions
{
    public static ServerOptions Server(string mode, TestCertificates agentPlane, TestCertificates frontendPlane, string socketPath)
    {
        var agentPort = agentPlane.Server();
        var frontendPort = frontendPlane.Server();
        return new ServerOptions
        {
            Mode = mode switch
            {
                "grpc" => FrontendMode.Grpc,
                "http-connect" => FrontendMode.HttpConnect,
                "auto" => FrontendMode.Auto,
                _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no --mode"),
            },
            AgentPort = 0,
            AgentBindAddress = IPAddress.Loopback,
            ClusterCert = agentPort.CertificateFile,
            ClusterKey = agentPort.KeyFile,
            ClusterCaCert = agentPlane.AuthorityFile,
            ServerPort = 0,
            ServerBindAddress = IPAddress.Loopback,
            ServerCert = frontendPort.CertificateFile,
            ServerKey = frontendPort.KeyFile,
            ServerCaCert = frontendPlane.AuthorityFile,
            FrontendUdsName = socketPath,
            HealthPort = 0,
            HealthBindAddress = IPAddress.Loopback,
            AdminPort = 0,

            // Tests know when they stop sending.
            ShutdownDelay = TimeSpan.Zero,
        };
    }

    public static AgentOptions Agent(string id, TestCertificates agentPlane, int serverPort)
    {
        var client = agentPlane.Client(id);
        return new AgentOptions
        {
            AgentId = id,
            AgentCert = client.CertificateFile,
            AgentKey = client.KeyFile,
            CaCert = agentPlane.AuthorityFile,
            ProxyServerHost = [new HostPort("127.0.0.1", serverPort)],
            HealthServerHost = IPAddress.Loopback,
            HealthServerPort = 0,
            AdminServerPort = 0,
            SyncInterval = TimeSpan.FromMilliseconds(100),
            SyncIntervalCap = TimeSpan.FromSeconds(1),
        };
    }
}
