using System.Net;
using System.Net.Sockets;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether a port is there: name, TCP, and whether it speaks what the address says.</summary>
internal static class ReachChecks
{
    public static Finding Address(PortSubject port)
    {
        var (id, facts) = ($"{port.Id}.address", port.Facts);
        return facts.AddressFault is { } fault ? Finding.Failed(id, $"the name in {port.Text}", fault)
            : facts.Target.IsThroughProxy ? Finding.Ok(id, $"{port.Text}: the proxy {facts.Target.Proxy} of HTTPS_PROXY looks the name up")
            : facts.Target.EndPoint is DnsEndPoint name ? Finding.Ok(id, $"{name.Host} is {facts.Addresses}")
            : Finding.Ok(id, $"{port.Text} needs no lookup");
    }

    public static Finding Connect(PortSubject port)
    {
        var (id, facts) = ($"{port.Id}.connect", port.Facts);
        return facts.ConnectFault is { } fault ? Finding.Failed(id, $"connect to {port.Text}", fault)
            : facts.Remote is { } remote ? Finding.Ok(id, $"connected to {(remote.Length > 0 ? remote : port.Text)} in {facts.ConnectTime.TotalMilliseconds:0.0} ms")
            : Finding.NotChecked(id, $"connect to {port.Text}", $"{port.Id}.address failed");
    }

    public static Finding Speech(PortSubject port)
    {
        var (id, facts) = ($"{port.Id}.protocol", port.Facts);
        return facts.Remote is null ? Finding.NotChecked(id, $"what {port.Text} speaks", Because(port))
            : facts.SpeechFault is { } fault ? Finding.Failed(id, $"what {port.Text} speaks", fault)
            : facts.Target.EndPoint is UnixDomainSocketEndPoint ? Finding.Ok(id, $"{port.Text} needs no TLS: who may open the socket's file may dial")
            : Finding.Ok(id, facts.Target.Tls ? $"{port.Text} speaks TLS" : $"{port.Text} speaks without TLS, as http:// says");
    }

    /// <summary>The step that everything behind it waits for.</summary>
    public static string Because(PortSubject port) => port.Facts switch
    {
        { AddressFault: not null } => $"{port.Id}.address failed",
        { ConnectFault: not null } => $"{port.Id}.connect failed",
        { SpeechFault: not null } => $"{port.Id}.protocol failed",
        { Verdict.IsAccepted: false } => "a server whose certificate is not accepted is not asked anything",
        { LoginFault: not null } => $"{port.Id}.login failed",
        _ => "the step before did not end",
    };
}
