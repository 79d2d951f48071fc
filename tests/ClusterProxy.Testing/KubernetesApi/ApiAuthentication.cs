using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Whom a request proves: by its client certificate (CN and O), else by its bearer token.</summary>
internal static class ApiAuthentication
{
    public static async Task<ApiUser?> UserAsync(FakeKubernetesApi api, HttpContext context)
    {
        if (await context.Connection.GetClientCertificateAsync(context.RequestAborted) is { } certificate && IsOurs(api, certificate))
        {
            var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames().ToArray();
            return new ApiUser(
                names.FirstOrDefault(static n => n.GetSingleElementType().Value == "2.5.4.3")?.GetSingleElementValue() ?? "",
                [.. names.Where(static n => n.GetSingleElementType().Value == "2.5.4.10").Select(static n => n.GetSingleElementValue() ?? "")]);
        }

        return context.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.Ordinal)
            ? api.Tokens.GetValueOrDefault(header["Bearer ".Length..])
            : null;
    }

    private static bool IsOurs(FakeKubernetesApi api, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(api.Certificates.Authority.Certificate);
        return chain.Build(certificate);
    }
}
