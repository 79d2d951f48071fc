using System.Buffers;
using System.Net;
using System.Text;
using ClusterProxy.Protocol;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// Reads the head of a CONNECT request. The request line decides: kube-apiserver sends a constant Host header, and no header but
/// <c>traceparent</c>, <c>tracestate</c> and our own <c>clusterproxy-features</c> is read at all.
/// </summary>
/// <remarks>Source: RFC 9112, sections 3 and 3.2.3; RFC 9110, section 9.3.6.</remarks>
internal static class ConnectRequestParser
{
    /// <summary>Bytes of a whole head; what a proxy needs fits a few times over.</summary>
    public const int MaxHeadLength = 16 * 1024;

    private const string Method = "CONNECT";

    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=");

    /// <summary>Finds the end of the head; false when it has not all arrived.</summary>
    public static bool TryFindEnd(in ReadOnlySequence<byte> buffer, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            if (line.Length == 0 || (line.Length == 1 && line.FirstSpan[0] == '\r'))
            {
                end = reader.Position;
                return true;
            }
        }

        end = buffer.Start;
        return false;
    }

    /// <param name="head">A whole head, the empty line included.</param>
    public static ConnectRequest Parse(in ReadOnlySequence<byte> head)
    {
        var reader = new SequenceReader<byte>(head);
        reader.TryReadTo(out ReadOnlySequence<byte> bytes, (byte)'\n');
        var line = Encoding.Latin1.GetString(bytes).TrimEnd('\r');
        var parts = line.Split(' ');
        if (parts is not [{ Length: > 0 } method, { Length: > 0 } target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return ConnectRequest.Refused(400, "malformed request line; expected CONNECT host:port HTTP/1.1");
        }

        if (method != Method)
        {
            return ConnectRequest.Refused(405, "this proxy only supports CONNECT passthrough");
        }

        if (Check(target) is { } fault)
        {
            return ConnectRequest.Refused(400, $"the request target {fault}; expected host:port");
        }

        var headers = Encoding.Latin1.GetString(reader.UnreadSequence);
        var parent = ValueOf(TunnelHeaders.TraceParent, headers);
        return new ConnectRequest(
            target, null, parent, ValueOf(TunnelHeaders.Features, headers),
            parent.Length > 0 ? ValueOf(TunnelHeaders.TraceState, headers, isList: true) : "");
    }

    /// <summary>
    /// Of a header in the lines behind the first one; empty when it is not there. One that is there twice counts as joined by commas
    /// where it is a list, and else as not there.
    /// </summary>
    private static string ValueOf(string name, ReadOnlySpan<char> lines, bool isList = false)
    {
        string? found = null;
        foreach (var range in lines.Split('\n'))
        {
            var line = lines[range];
            if (line.Length <= name.Length || line[name.Length] != ':' || !line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (found is not null && !isList)
            {
                return "";
            }

            var value = line[(name.Length + 1)..].Trim(" \t\r").ToString();
            found = found is null ? value : $"{found},{value}";
        }

        return found ?? "";
    }

    private static string? Check(string target)
    {
        string host;
        string port;
        if (target.StartsWith('['))
        {
            var end = target.IndexOf("]:", StringComparison.Ordinal);
            if (end < 0)
            {
                return "has no port";
            }

            host = target[1..end];
            port = target[(end + 2)..];
            if (!host.Contains(':') || host.Contains('%') || !IPAddress.TryParse(host, out _))
            {
                return "has no IPv6 address between its brackets";
            }
        }
        else
        {
            var colon = target.LastIndexOf(':');
            host = colon < 0 ? target : target[..colon];
            port = colon < 0 ? "" : target[(colon + 1)..];
            if (host.Length == 0)
            {
                return "has no host";
            }

            if (host.AsSpan().IndexOfAnyExcept(HostCharacters) >= 0)
            {
                return host.Contains(':') ? "has an IPv6 address without brackets" : "has characters that no host name has";
            }

            if (colon < 0)
            {
                return "has no port";
            }
        }

        return port.Length is > 0 and <= 5 && port.All(char.IsAsciiDigit) && int.Parse(port) is > 0 and <= ushort.MaxValue
            ? null
            : "has no port between 1 and 65535";
    }
}
