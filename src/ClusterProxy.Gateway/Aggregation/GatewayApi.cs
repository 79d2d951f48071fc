using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Kubernetes.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// Every request of the secure port:
/// <code>
/// health? ─▶ who is it? ─┬▶ discovery, OpenAPI, version: for everybody who is known
///                        ├▶ metrics, list of paths: may it?
///                        ├▶ clustergateways and virtualclusters: may it? ─▶ get, list, watch, health, proxy
///                        └▶ any other path: whoever serves those, if anybody does
/// </code>
/// </summary>
internal sealed class GatewayApi
{
    public required ApiGroup Group { get; init; }

    public required HealthPaths Health { get; init; }

    public required Authenticator Authenticator { get; init; }

    public required AuthenticationMetrics Authentications { get; init; }

    public required IAuthorizer Authorizer { get; init; }

    public required DiscoveryDocuments Discovery { get; init; }

    public required OpenApiDocuments OpenApi { get; init; }

    public required ResourceRequests Resources { get; init; }

    public required PrometheusText Metrics { get; init; }

    /// <summary>Paths of our own that everybody may read; a * at the end stands for whatever follows.</summary>
    public required IReadOnlyList<string> AlwaysAllowed { get; init; }

    public required RequestRecords Records { get; init; }

    /// <summary>Paths outside the API; null for none.</summary>
    public Func<ServedRequest, Task>? Others { get; init; }

    public async Task ServeAsync(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var target = RequestTarget.Split(raw);
        var isReading = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (isReading && Health.TryServe(context, target, out var answering))
        {
            await answering;
            return;
        }

        var record = new RequestRecord();
        var started = Records.Begin();
        Records.Follow(context, record, target, started);
        try
        {
            await ServeAsync(context, target, record);
        }
        catch (ApiProblemException e) when (!context.Response.HasStarted)
        {
            record.Refusal = e.Message;
            await e.Answer.WriteAsync(context);
        }
        catch (Exception e) when (e is ApiException or IOException && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            record.Refusal = e.Message;
            await StatusAnswer.ServiceUnavailable($"the hub's API server: {e.Message}", TimeSpan.FromSeconds(1)).WriteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        finally
        {
            Records.End(context, record, target, started);
        }
    }

    private async Task ServeAsync(HttpContext context, RequestTarget target, RequestRecord record)
    {
        var authenticated = await Authenticator.AuthenticateAsync(context);
        Authentications.Judged(authenticated.Verdict);
        if (authenticated.Caller is not { } caller)
        {
            record.Refusal = authenticated.Reason;
            await Refusal(authenticated).WriteAsync(context);
            return;
        }

        record.Caller = caller;
        var request = new ServedRequest(context, target, caller, record);
        if (IsNeverServed(context))
        {
            await request.RefuseAsync(StatusAnswer.MethodNotAllowed($"{context.Request.Method} is not served here, nor passed on"));
        }
        else if (ResourceRoute.Parse(target.Path, Group.Root) is { } route)
        {
            await Resources.ServeAsync(request, route);
        }
        else if (Document(target.Path, context.Request.Headers.Accept.ToString()) is { } document)
        {
            await ServeDocumentAsync(request, document);
        }
        else if (target.Path is "/metrics" or "/")
        {
            await ServeOwnPathAsync(request);
        }
        else
        {
            await (Others?.Invoke(request) ?? StatusAnswer.NoSuchPath().WriteAsync(context));
        }
    }

    private FixedDocument? Document(string path, string accept) => Discovery.Find(path, accept) ?? OpenApi.Find(path, accept);

    /// <summary>TRACE shows the caller what arrived, our credential too, whatever upgrade it asks for; and CONNECT, but for HTTP/2's way to upgrade, names no path.</summary>
    private static bool IsNeverServed(HttpContext context) => context.Request.Method == "TRACE"
        || (context.Request.Method == "CONNECT" && context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect != true);

    /// <summary>Everybody who is known may look, as everywhere in Kubernetes: nothing in it is a secret.</summary>
    private Task ServeDocumentAsync(ServedRequest request, FixedDocument document) =>
        request.Caller.Kind == CallerKind.Anonymous && !IsAlwaysAllowed(request)
            ? request.RefuseAsync(ForbiddenAnswer.Of(
                Group, request.Caller, new AccessRequest("get") { Path = request.Target.Path }, new AccessAnswer(IsAllowed: false)))
            : request.IsReading ? document.WriteAsync(request.Context)
            : request.RefuseAsync(StatusAnswer.MethodNotAllowed($"{request.Context.Request.Method} is not served here; it can be read"));

    private async Task ServeOwnPathAsync(ServedRequest request)
    {
        var access = new AccessRequest("get") { Path = request.Target.Path };
        request.Record.Access = access;
        var answer = IsAlwaysAllowed(request)
            ? AccessAnswer.Allowed
            : await Authorizer.AuthorizeAsync(request.Caller, access, request.Context.RequestAborted);
        if (!answer.IsAllowed)
        {
            await request.RefuseAsync(ForbiddenAnswer.Of(Group, request.Caller, access, answer));
            return;
        }

        if (request.Target.Path == "/")
        {
            await Discovery.Paths.WriteAsync(request.Context);
            return;
        }

        request.Context.Response.ContentType = PrometheusText.ContentType;
        await request.Context.Response.WriteAsync(Metrics.Render(), request.Context.RequestAborted);
    }

    private bool IsAlwaysAllowed(ServedRequest request) => request.IsReading && AlwaysAllowed.Any(
        p => p == request.Target.Path || (p.EndsWith('*') && request.Target.Path.StartsWith(p[..^1], StringComparison.Ordinal)));

    /// <summary>What was wrong with a credential is for the audit: whoever guesses learns nothing from the answer.</summary>
    private static StatusAnswer Refusal(AuthenticationResult result) => result.Verdict switch
    {
        AuthenticationVerdict.Malformed => StatusAnswer.BadRequest(result.Reason),
        AuthenticationVerdict.Limited => StatusAnswer.TooManyRequests(result.Reason, TimeSpan.FromSeconds(1)),
        AuthenticationVerdict.Forbidden => StatusAnswer.Forbidden(result.Reason),
        _ => StatusAnswer.Unauthorized(),
    };
}
