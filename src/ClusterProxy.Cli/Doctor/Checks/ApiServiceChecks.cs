using System.Security.Cryptography;
using System.Text;
using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether the hub's API leads to the gateway, and would trust it.</summary>
internal static class ApiServiceChecks
{
    private const string ObjectId = "apiservice.object";
    private const string TrustId = "apiservice.ca-bundle";

    public static Finding Object(ApiServiceFacts facts) => facts.Fault is { } fault
        ? Finding.Failed(ObjectId, $"APIService {facts.Name} of the hub", fault)
        : Finding.Ok(ObjectId, $"the hub has APIService {facts.Name}");

    public static Finding Available(ApiServiceFacts facts)
    {
        const string Id = "apiservice.available";
        var what = $"whether the hub's API reaches the gateway by APIService {facts.Name}";
        if (facts.Object is not { } service)
        {
            return Finding.NotChecked(Id, what, $"{ObjectId} failed");
        }

        return service.Status?.Conditions?.FirstOrDefault(static c => c.Type == "Available") switch
        {
            { Status: "True" } => Finding.Ok(Id, $"APIService {facts.Name} is available"),
            { } condition => Finding.Failed(
                Id, what,
                new Fault(
                    "apiservice_unavailable", $"APIService {facts.Name} is not available: {condition.Reason}: {condition.Message}",
                    "see whether the Service has endpoints and its port leads to the gateway's --secure-port, and what the checks of the gateway's port and caBundle here say")),
            null => Finding.NotChecked(Id, what, "the hub has not said yet", "wait a moment and look again: kube-apiserver writes it"),
        };
    }

    /// <summary>By which authorities kube-apiserver checks the gateway, and whether they lead to what the gateway shows.</summary>
    public static Finding Trust(ApiServiceFacts facts, PortSubject? gateway)
    {
        var what = $"whether the hub's API trusts the gateway's certificate (caBundle of APIService {facts.Name})";
        if (facts.Object?.Spec is not { } spec)
        {
            return Finding.NotChecked(TrustId, what, $"{ObjectId} failed");
        }

        if (spec.InsecureSkipTLSVerify == true)
        {
            return Finding.Warning(TrustId, what, new Fault(
                "insecure_skip_verify", $"APIService {facts.Name} has insecureSkipTLSVerify: whoever answers in the gateway's place gets every request with its user",
                "let the gateway write the caBundle (--apiservice of the gateway), or set it, and take insecureSkipTLSVerify out"));
        }

        if (Bundle(facts) is not { } bundle)
        {
            return Finding.Failed(TrustId, what, spec.CaBundle is null or []
                ? new Fault("no_ca_bundle", $"APIService {facts.Name} has no caBundle: the hub's API knows public authorities only", "let the gateway write it, or set it to the authority of the gateway's certificate")
                : new Fault("bad_ca_bundle", $"the caBundle of APIService {facts.Name} is no PEM of certificates", "set it to the base64 of the authority's PEM file"));
        }

        return gateway?.Facts.Presented is not [var leaf, ..]
            ? Finding.NotChecked(TrustId, what, "the gateway's certificate was not seen", "give --gateway")
            : PeerCertificateCheck.Check(leaf, gateway.Facts.Presented, bundle, PeerUsage.Server, serverName: null, gateway.Time) is { Verdict: PeerVerdict.Untrusted or PeerVerdict.InvalidChain } verdict
                ? Finding.Failed(TrustId, what, new Fault(
                    "other_ca_bundle", $"{gateway.Text} shows {leaf.Subject}, issued by {leaf.Issuer}, and the caBundle of APIService {facts.Name} has {bundle.Subjects}: {verdict.Detail}",
                    "let the gateway write the caBundle (does it have the right to patch the APIService?), or set it to the authority of its certificate"))
                : Finding.Ok(TrustId, $"the caBundle of APIService {facts.Name} leads to {leaf.Subject} of {gateway.Text}");
    }

    public static Finding Expiry(ApiServiceFacts facts, TimeProvider time) => Bundle(facts) is { } bundle
        ? ExpiryChecks.Anchors($"{TrustId}-expiry", $"the caBundle of APIService {facts.Name}", bundle, time.GetUtcNow())
        : Finding.NotChecked($"{TrustId}-expiry", $"validity of the caBundle of APIService {facts.Name}", facts.Object is null ? $"{ObjectId} failed" : "it holds no certificate");

    /// <summary>kube-apiserver does not connect by the address that doctor was given.</summary>
    public static Finding Name(ApiServiceFacts facts, PortSubject? gateway)
    {
        const string Id = "apiservice.name";
        var what = $"whether the gateway's certificate is for the Service of APIService {facts.Name}";
        return facts.Object is null ? Finding.NotChecked(Id, what, $"{ObjectId} failed")
            : facts.ServiceName is not { } name ? Finding.NotChecked(Id, what, "it names no Service")
            : gateway?.Facts.Presented is not [var leaf, ..] ? Finding.NotChecked(Id, what, "the gateway's certificate was not seen", "give --gateway")
            : ServerCertificateChecks.Name(Id, what, leaf, name, "");
    }

    private static CaBundle? Bundle(ApiServiceFacts facts)
    {
        if (facts.Object?.Spec?.CaBundle is not { Length: > 0 } pem)
        {
            return null;
        }

        try
        {
            return CaBundle.Parse(Encoding.UTF8.GetString(pem), facts.Name);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
