using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>
/// A cluster that speaks HTTP/1.1 by hand and records every byte of every request. What it answers is <see cref="Answer"/>'s; after a 101
/// it echoes.
/// </summary>
internal sealed class RawCluster(TestCertificates certificates, params string[] names) : LoopbackTarget
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly X509Certificate2 _certificate = certificates.Server(names).Certificate;

    public ObservedList<RawRequest> Requests { get; } = new();

    /// <summary>Null for a request that is never answered.</summary>
    public Func<RawRequest, string?> Answer { get; set; } = static _ => Ok;

    /// <summary>Requests are not kept, only shown to <see cref="Answer"/>: for millions of them.</summary>
    public bool Forgets { get; init; }

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var tls = new SslStream(new NetworkStream(socket));
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _certificate, ApplicationProtocols = [SslApplicationProtocol.Http11] },
                cancellationToken);
        }
        catch (AuthenticationException)
        {
            // The gateway does not trust this cluster.
            return;
        }

        var reader = new RawRequestReader(tls);
        while (await reader.ReadAsync(cancellationToken) is { } request)
        {
            if (!Forgets)
            {
                Requests.Add(request);
            }

            if (Answer(request) is not { } answer)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return;
            }

            await tls.WriteAsync(Encoding.Latin1.GetBytes(answer), cancellationToken);
            if (answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            {
                await EchoAsync(tls, reader.Rest(), cancellationToken);
                return;
            }
        }
    }

    private static async Task EchoAsync(SslStream tls, byte[] first, CancellationToken cancellationToken)
    {
        await tls.WriteAsync(first, cancellationToken);
        await tls.CopyToAsync(tls, cancellationToken);
    }
}
