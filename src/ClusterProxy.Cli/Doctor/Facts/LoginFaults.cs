using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Facts;

/// <summary>A handshake that the server ended although its own certificate was in order: it did not like the client's.</summary>
internal static class LoginFaults
{
    public static Fault Of(PortTarget target, Exception e) => OfProtocol(target, e) ?? (target.Pair is null
        ? new Fault(
            "certificate_required", $"{target.Text} ended the TLS handshake, to which this client brought no certificate",
            "give the client's certificate and key")
        : new Fault(
            "certificate_refused",
            $"{target.Text} refused the client certificate {target.Pair.Certificate.Subject}, issued by {target.Pair.Certificate.Issuer} ({e.GetBaseException().Message})",
            "check that its issuer is in the CA file of that port (frontends: --server-ca-cert, agents: --cluster-ca-cert) and that this is the port "
            + "for such a certificate; the server logs the reason as ClientCertificateRefused"));

    /// <summary>Null when it was not for want of a protocol in common.</summary>
    public static Fault? OfProtocol(PortTarget target, Exception e) =>
        !Texts(e).Contains("application protocol", StringComparison.OrdinalIgnoreCase) ? null : new Fault(
            "no_common_protocol", $"{target.Text} speaks none of the protocols that were offered (ALPN {(target.OnlyHttp11 ? "http/1.1" : "h2, http/1.1")})",
            target.HttpConnect ? "leave --transport out, or run the server with --mode=auto" : $"check that the port is a {target.Program}'s");

    private static string Texts(Exception? e) => e is null ? "" : $"{e.Message} {Texts(e.InnerException)}";
}
