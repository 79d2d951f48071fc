using ClusterProxy.Gateway.Listening;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Kubernetes.Reviews;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Finds out who sent a request, in the order of kube-apiserver's aggregated servers:
/// <code>
/// client certificate ─ chains to the requestheader authority, and its name is allowed? ─▶ whom X-Remote-* names
///                    └ chains to the client authority? ─────────────────────────────────▶ its common name
/// bearer token ─ known to the hub? ─────────────────────────────────────────────────────▶ the token's user
/// nothing was shown ────────────────────────────────────────────────────────────────────▶ anonymous
/// something was shown, and none of it is good ──────────────────────────────────────────▶ 401
/// </code>
/// Whatever the outcome, no header that names or proves anybody is left on the request.
/// </summary>
/// <param name="settings">Asked once a request.</param>
/// <param name="tokens">Null where there is no hub to ask.</param>
/// <param name="impersonation">Whom direct callers want to be.</param>
/// <param name="time">Decides what has expired.</param>
internal sealed class Authenticator(
    Func<AuthenticationSettings> settings, TokenReviewer? tokens, ImpersonationRequests impersonation, TimeProvider time)
{
    private readonly CertificateChecks _certificates = new(time);

    public async Task<AuthenticationResult> AuthenticateAsync(HttpContext context)
    {
        var current = settings();
        var headers = context.Request.Headers;
        var result = await FindAsync(context, current);
        var wanted = ImpersonationHeaders.Read(headers);
        ReceivedIdentityHeaders.Remove(headers, current.FrontProxy);
        return result.Caller is { } caller && wanted is not null
            ? await impersonation.ApplyAsync(caller, wanted, context.RequestAborted)
            : result;
    }

    private async Task<AuthenticationResult> FindAsync(HttpContext context, AuthenticationSettings current)
    {
        var isToken = BearerToken.TryTake(context.Request.Headers, out var token);
        var problems = new List<string>();
        if (OfCertificate(context, current, problems) is { } caller)
        {
            return AuthenticationResult.Of(caller);
        }

        if (!isToken)
        {
            return AuthenticationResult.Rejected("the request carries more than one bearer token, or one that is malformed");
        }

        if (token is not null)
        {
            if (tokens is null)
            {
                problems.Add("bearer tokens are not accepted here: there is no hub that could say whose they are");
            }
            else
            {
                var review = await tokens.ReviewAsync(token, context.RequestAborted);
                if (review.Verdict == TokenVerdict.Authenticated)
                {
                    return AuthenticationResult.Of(Caller.Of(CallerKind.Token, review.User!));
                }

                if (review.Verdict == TokenVerdict.Limited)
                {
                    return AuthenticationResult.Limited(review.Reason);
                }

                problems.Add(review.Reason);
            }
        }

        return problems.Count == 0
            ? AuthenticationResult.Of(Caller.Anonymous)
            : AuthenticationResult.Rejected(string.Join("; ", problems));
    }

    private Caller? OfCertificate(HttpContext context, AuthenticationSettings current, List<string> problems)
    {
        if (context.Features.Get<ShownCertificate>() is not { } shown)
        {
            return null;
        }

        var (frontProxy, client) = _certificates.Check(shown, current);
        if (OfFrontProxy(context.Request.Headers, shown, current, frontProxy, problems) is { } spokenFor)
        {
            return spokenFor;
        }

        if (client is { IsAccepted: true } && CertificateCaller.Of(shown.Leaf) is { } caller)
        {
            problems.Clear();
            return caller;
        }

        if (client is not null)
        {
            problems.Add($"client certificate: {(client.IsAccepted ? "it has no single common name" : client.Detail)}");
        }

        return null;
    }

    private static Caller? OfFrontProxy(
        IHeaderDictionary headers, ShownCertificate shown, AuthenticationSettings current, PeerCertificateResult? found, List<string> problems)
    {
        if (current.FrontProxy is not { } proxy || current.IsConfused || found is null)
        {
            return null;
        }

        if (!found.IsAccepted)
        {
            problems.Add($"front proxy's certificate: {found.Detail}");
            return null;
        }

        if (proxy.AllowedNames.Count > 0
            && !(CertificateIdentity.CommonNames(shown.Leaf).ToArray() is [var name] && proxy.AllowedNames.Contains(name)))
        {
            problems.Add("front proxy's certificate: its common name is not one of the allowed names");
            return null;
        }

        var caller = FrontProxyHeaders.Read(headers, proxy, out var problem);
        if (problem.Length > 0)
        {
            problems.Add(problem);
        }

        return caller;
    }
}
