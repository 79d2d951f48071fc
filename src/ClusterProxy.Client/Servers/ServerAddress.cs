using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.Client.Servers;

/// <summary>The proxy server's frontend, from <see cref="TunnelClientOptions.Address"/>.</summary>
/// <param name="EndPoint">What the socket connects to.</param>
/// <param name="Tls">Whether TLS runs on it.</param>
/// <param name="Host">The name TLS expects unless another is configured.</param>
/// <param name="Authority">Scheme and authority of requests.</param>
/// <param name="Text">For messages and logs.</param>
internal sealed record ServerAddress(EndPoint EndPoint, bool Tls, string Host, Uri Authority, string Text)
{
    private const string Forms = "use https://host:port, unix:///path, or http://host:port on a loopback host";

    /// <exception cref="ArgumentException">The address is missing or of no supported form.</exception>
    public static ServerAddress From(Uri? address)
    {
        if (address is null)
        {
            throw new ArgumentException($"{nameof(TunnelClientOptions.Address)} of the proxy server is not set; {Forms}");
        }

        var text = address.OriginalString;
        if (!address.IsAbsoluteUri)
        {
            throw new ArgumentException($"\"{text}\" is no address of a proxy server; {Forms}");
        }

        if (address.Scheme == "unix")
        {
            var path = Uri.UnescapeDataString(address.AbsolutePath);
            return address.Host.Length == 0 && path.Length > 0
                ? new(new UnixDomainSocketEndPoint(path), Tls: false, "localhost", new Uri("http://localhost"), text)
                : throw new ArgumentException($"\"{text}\" names no socket file; write unix:///path, with three slashes");
        }

        if (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
        {
            throw new ArgumentException($"\"{text}\" has the scheme \"{address.Scheme}\"; {Forms}");
        }

        var tls = address.Scheme == Uri.UriSchemeHttps;
        if (!tls && !address.IsLoopback)
        {
            throw new ArgumentException($"\"{text}\" would send everything unencrypted to another host; use https://");
        }

        if (address.PathAndQuery is not "/" || address.UserInfo.Length > 0)
        {
            throw new ArgumentException($"\"{text}\" carries more than host and port; write {address.Scheme}://{address.Authority}");
        }

        var host = address.IdnHost;
        EndPoint endPoint = IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, address.Port) : new DnsEndPoint(host, address.Port);
        return new(endPoint, tls, host, new Uri(address.GetLeftPart(UriPartial.Authority)), text);
    }
}
