using System.Collections.ObjectModel;
using System.Net;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// <c>clustergateways/NAME/health</c>: read is the object itself; written is what a prober found, into the annotations of the cluster's
/// Secret, where the Go gateway puts it and every replica sees it.
/// </summary>
/// <param name="group">Of the API.</param>
/// <param name="collection">Of clustergateways.</param>
/// <param name="clusters">That are known.</param>
/// <param name="secrets">Null where there are none to write to.</param>
/// <param name="secretNamespace">Of the Secrets.</param>
internal sealed class HealthSubresource(
    ApiGroup group, ServedCollection collection, ClusterCatalog clusters, ResourceClient<Secret>? secrets, string secretNamespace)
{
    private const int MostAttempts = 5;

    public async Task PutAsync(ServedRequest request, string name)
    {
        if (clusters.Find(name, out var missing) is not { IsGateway: true } cluster)
        {
            await request.RefuseAsync(StatusAnswer.NotKnownYet(missing) ?? StatusAnswer.NotFound(group.Name, collection.Kind.Plural, name));
            return;
        }

        var report = await HealthReport.ReadAsync(request.Context, name);
        if (secrets is null || cluster.Origin != ClusterOrigin.Secret)
        {
            await request.RefuseAsync(StatusAnswer.MethodNotAllowed($"cluster \"{name}\" is described by a file, which the gateway does not write"));
            return;
        }

        try
        {
            await WriteAsync(secrets, new ResourceName(secretNamespace, name), report, request.Context.RequestAborted);
        }
        catch (ApiException e) when (LastingReason(e.StatusCode) is { } reason)
        {
            // Not the 503 of a hub that fails, which clients answer by sending the same again.
            await request.RefuseAsync(new StatusAnswer((int)e.StatusCode, e.Status.Reason ?? reason, $"the hub's API server: {e.Message}")
            {
                Details = e.Status.Details,
            });
            return;
        }

        var written = cluster with { Health = new ClusterHealth(report.IsHealthy, report.Reason) };
        await collection.GetAsync(request.Context, request.Target, collection.Kind.Project(written));
    }

    /// <summary>By update and not by patch: that is the right that OCM's manager and upstream's charts give a gateway.</summary>
    private async Task WriteAsync(ResourceClient<Secret> secrets, ResourceName name, HealthReport report, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var secret = await secrets.GetAsync(name, cancellationToken);
            var metadata = secret.Metadata ?? new ObjectMetadata();
            var annotations = new Dictionary<string, string>(metadata.Annotations ?? ReadOnlyDictionary<string, string>.Empty)
            {
                [$"status.{group.Name}/healthy"] = report.IsHealthy ? "True" : "False",
                [$"status.{group.Name}/healthy-reason"] = report.Reason,
            };
            try
            {
                await secrets.UpdateAsync(secret with { Metadata = metadata with { Annotations = annotations } }, cancellationToken);
                return;
            }
            catch (ApiConflictException) when (attempt < MostAttempts)
            {
                // Somebody else has written it meanwhile.
            }
        }
    }

    /// <summary>metav1's word for a refusal that the same request would meet again; null for all others.</summary>
    private static string? LastingReason(HttpStatusCode code) => code switch
    {
        HttpStatusCode.Forbidden => StatusReason.Forbidden,
        HttpStatusCode.NotFound => StatusReason.NotFound,
        HttpStatusCode.Conflict => StatusReason.Conflict,
        HttpStatusCode.UnprocessableEntity => StatusReason.Invalid,
        _ => null,
    };
}
