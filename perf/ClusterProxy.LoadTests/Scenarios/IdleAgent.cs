using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>An agent that registers and then stays silent; a connection of its own, as a real one has.</summary>
internal sealed class IdleAgent : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _http;
    private readonly HttpRequestMessage _request;
    private HttpResponseMessage? _response;

    private IdleAgent(Rig rig, int port, string id)
    {
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [rig.AgentCertificate.Certificate],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { rig.Certificates.Authority.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        _http = new HttpMessageInvoker(_handler);
        _request = new HttpRequestMessage(HttpMethod.Post, new Uri($"https://127.0.0.1:{port}/AgentService/Connect"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new EndlessContent(),
        };
        _request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        _request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        _request.Headers.TryAddWithoutValidation("agentid", id);
        _request.Headers.TryAddWithoutValidation("agentidentifiers", "");
    }

    /// <summary>Returns when the server has answered with its headers, which means that the agent is registered.</summary>
    public static async Task<IdleAgent> ConnectAsync(Rig rig, int port, string id, CancellationToken cancellationToken)
    {
        var agent = new IdleAgent(rig, port, id);
        try
        {
            var response = await agent._http.SendAsync(agent._request, cancellationToken);
            agent._response = response;
            return response.Headers.Contains("serverid")
                ? agent
                : throw new IOException($"the server does not take agent {id}: {response}");
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _response?.Dispose();
        _request.Dispose();
        _http.Dispose();
        _handler.Dispose();
    }
}
