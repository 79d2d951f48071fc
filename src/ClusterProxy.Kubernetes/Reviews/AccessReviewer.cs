using System.Text.Json;
using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>
/// Asks the API server whether someone may do something. Fails closed: whatever goes wrong, nothing is allowed. Needs the right to
/// create subjectaccessreviews (system:auth-delegator).
/// </summary>
public sealed class AccessReviewer
{
    /// <summary>Questions with thousands of groups are answered, not kept: kube-apiserver's own limit.</summary>
    private const int LongestKept = 10_000;

    /// <summary>Whoever shows no credential.</summary>
    private const string Anonymous = "system:anonymous";

    private static readonly AccessDecision Limited = new(
        AccessVerdict.Unavailable, "too much is being asked by callers without a credential; try again in a second");

    private readonly ResourceClient<SubjectAccessReview> _reviews;
    private readonly ReviewOptions _options;
    private readonly ReviewCache<AccessDecision> _cache;
    private readonly StrangerLimit _strangers;
    private readonly ReviewKey _keys = new();
    private readonly ILogger _logger;

    /// <param name="client">Of the API server whose rules count.</param>
    /// <param name="options">Null for the defaults.</param>
    public AccessReviewer(KubernetesClient client, ReviewOptions? options = null)
    {
        _reviews = client.Resource(KnownResources.SubjectAccessReviews);
        _options = options ?? new ReviewOptions();
        _cache = new ReviewCache<AccessDecision>(_options, client.Time);
        _strangers = new StrangerLimit(_options, client.Time);
        _logger = client.Loggers.CreateLogger<AccessReviewer>();
    }

    /// <summary>Throws only when the caller's token is cancelled, or for a question that names nobody.</summary>
    public async Task<AccessDecision> ReviewAsync(SubjectAccessReviewSpec question, CancellationToken cancellationToken)
    {
        if (question is { User: null or "", Groups: null or [] } || question.ResourceAttributes is null == question.NonResourceAttributes is null)
        {
            throw new ArgumentException("A review needs a user or group, and either resource or non-resource attributes.", nameof(question));
        }

        var review = new SubjectAccessReview { Spec = question };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(review, KnownResources.SubjectAccessReviews.Json);
        var key = _keys.Of(bytes);
        var isStranger = false;
        return await _cache.GetAsync(
            key,
            deadline => _strangers.RunAsync(isStranger, () => AskAsync(review, deadline)),
            decision => bytes.Length > LongestKept ? TimeSpan.Zero : KeepFor(decision),
            cancellationToken,
            () => question.User != Anonymous || _strangers.TryEnter(key, out isStranger) ? null : Limited).ConfigureAwait(false);
    }

    private TimeSpan KeepFor(AccessDecision decision) => decision.Verdict switch
    {
        AccessVerdict.Allowed => _options.KeepYes,
        AccessVerdict.Denied => _options.KeepNo,
        _ => TimeSpan.Zero,
    };

    private async Task<AccessDecision> AskAsync(SubjectAccessReview review, CancellationToken deadline)
    {
        try
        {
            var answer = await _reviews.CreateAsync(review, isIdempotent: true, deadline).ConfigureAwait(false);
            var status = answer.Status ?? new SubjectAccessReviewStatus();
            return status is { Allowed: true, Denied: not true }
                ? new AccessDecision(AccessVerdict.Allowed, status.Reason ?? "")
                : new AccessDecision(AccessVerdict.Denied, status.EvaluationError ?? status.Reason ?? "");
        }
        catch (Exception e) when (e is ApiException or IOException or OperationCanceledException)
        {
            var why = e is OperationCanceledException ? $"no answer within {_options.Timeout.TotalSeconds:0.###} s" : e.Message;
            var level = e is ApiForbiddenException or ApiUnauthorizedException ? LogLevel.Warning : LogLevel.Information;
            KubernetesLog.ReviewFailed(_logger, level, "subject access review", why);
            return new AccessDecision(AccessVerdict.Unavailable, why);
        }
    }
}
