using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>Whom a client certificate names, as Kubernetes reads it: the common name is the user, organisations are the groups.</summary>
internal static class CertificateCaller
{
    private const string OrganisationOid = "2.5.4.10";

    /// <returns>Null for a certificate without exactly one common name.</returns>
    public static Caller? Of(X509Certificate2 certificate) =>
        CertificateIdentity.CommonNames(certificate).ToArray() is [{ Length: > 0 } user]
            ? new Caller(CallerKind.Certificate, user) { Groups = Organisations(certificate) }.WithAuthenticatedGroup()
            : null;

    private static string[] Organisations(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static n => !n.HasMultipleElements && n.GetSingleElementType().Value == OrganisationOid)
                .Select(static n => n.GetSingleElementValue())
                .OfType<string>()];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }
}
