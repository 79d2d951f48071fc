using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace ClusterProxy.Cli.Connecting;

/// <summary>The value of --listen: a port, or an address and a port.</summary>
internal static class ListenAddress
{
    public static IPEndPoint? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            // Whoever reaches the port reaches the cluster with this user's rights: only this machine, unless told otherwise.
            return new IPEndPoint(IPAddress.Loopback, port);
        }

        if (text.LastIndexOf(':') is > 0 and var colon && colon > text.LastIndexOf(']') &&
            ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) &&
            IPAddress.TryParse(text.AsSpan(0, colon).Trim("[]"), out var address))
        {
            return new IPEndPoint(address, port);
        }

        result.AddError($"--listen={text}: write a port or address:port, such as 8443 or 127.0.0.1:8443");
        return null;
    }
}
