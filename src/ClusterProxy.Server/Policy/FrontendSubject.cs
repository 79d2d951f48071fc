using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Server.Policy;

/// <summary>
/// Who is at the other end of a frontend connection, by every name that a rule may use: <c>cn:</c>, <c>dns:</c> and <c>uri:</c> of a
/// verified certificate, <c>uid:</c> and <c>gid:</c> of the process behind a Unix socket.
/// </summary>
internal sealed record FrontendSubject(IReadOnlySet<string> Names)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private static readonly FrontendSubject Nobody = new(ImmutableHashSet<string>.Empty);

    /// <summary>The name of the user behind a Unix socket; null for others.</summary>
    public string? User { get; private init; }

    public static FrontendSubject Of(ConnectionContext connection)
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate)
        {
            return Of(certificate);
        }

        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        return socket is { AddressFamily: AddressFamily.Unix } ? OfPeer(socket) : Nobody;
    }

    public static FrontendSubject Of(X509Certificate2 certificate) => new(NamesOf(certificate).ToHashSet(StringComparer.Ordinal));

    /// <summary>The names in what a peer has shown, for people.</summary>
    public static string TextOf(X509Certificate2? certificate) => certificate is null ? "no certificate" : PeerText.Bound(Of(certificate).ToString());

    public override string ToString() => Names.Count == 0 ? "nobody" : string.Join(' ', Names);

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        var names = CertificateNames.Of(certificate);
        return CertificateIdentity.CommonNames(certificate).Select(static n => $"cn:{n}")
            .Concat(names.Dns.Select(static n => $"dns:{n}"))
            .Concat(names.Uris.Select(static n => $"uri:{n}"));
    }

    /// <summary>The kernel's word on who connected; Linux only, elsewhere nobody.</summary>
    private static FrontendSubject OfPeer(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        if (!OperatingSystem.IsLinux()
            || socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials)) != credentials.Length * sizeof(int))
        {
            return Nobody;
        }

        var user = $"uid:{(uint)credentials[1]}";
        return new(new HashSet<string>(StringComparer.Ordinal) { user, $"gid:{(uint)credentials[2]}" }) { User = user };
    }
}
