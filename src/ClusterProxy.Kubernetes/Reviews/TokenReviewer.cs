using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>
/// Asks the API server whose token it is. Fails closed: whatever goes wrong, nobody is authenticated. Needs the right to create
/// tokenreviews (system:auth-delegator).
/// </summary>
public sealed class TokenReviewer
{
    /// <summary>Real ones are a kilobyte or two.</summary>
    private const int LongestToken = 32 * 1024;

    /// <summary>What every authenticator of the API server says of a token that is not its own; other errors mean that one is broken.</summary>
    private const string InvalidToken = "invalid bearer token";

    private readonly ResourceClient<TokenReview> _reviews;
    private readonly IReadOnlyList<string> _audiences;
    private readonly ReviewOptions _options;
    private readonly ReviewCache<TokenReviewResult> _cache;
    private readonly StrangerLimit _strangers;
    private readonly ReviewKey _keys = new();
    private readonly ILogger _logger;

    /// <param name="client">Of the API server that issued the tokens.</param>
    /// <param name="audiences">The token must be for one of these; none means the API server's own.</param>
    /// <param name="options">Null for the defaults.</param>
    public TokenReviewer(KubernetesClient client, IReadOnlyList<string> audiences, ReviewOptions? options = null)
    {
        _reviews = client.Resource(KnownResources.TokenReviews);
        _audiences = audiences;
        _options = options ?? new ReviewOptions();
        _cache = new ReviewCache<TokenReviewResult>(_options, client.Time, static r => r.Verdict != TokenVerdict.Authenticated);
        _strangers = new StrangerLimit(_options, client.Time);
        _logger = client.Loggers.CreateLogger<TokenReviewer>();
    }

    /// <summary>Throws only when the caller's token is cancelled.</summary>
    public async Task<TokenReviewResult> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length is 0 or > LongestToken)
        {
            return TokenReviewResult.Rejected(token.Length == 0 ? "the token is empty" : $"the token is longer than {LongestToken} characters");
        }

        var key = _keys.Of(System.Text.Encoding.UTF8.GetBytes(token));
        var isStranger = false;
        return await _cache.GetAsync(
            key,
            deadline => _strangers.RunAsync(isStranger, () => AskAsync(token, key, deadline)),
            KeepFor,
            cancellationToken,
            () => _strangers.TryEnter(key, out isStranger) ? null : TokenReviewResult.Limited).ConfigureAwait(false);
    }

    private async Task<TokenReviewResult> AskAsync(string token, string key, CancellationToken deadline)
    {
        var result = await AskAsync(token, deadline).ConfigureAwait(false);
        if (result.Verdict == TokenVerdict.Authenticated)
        {
            _strangers.Remember(key);
        }

        return result;
    }

    private TimeSpan KeepFor(TokenReviewResult result) => result.Verdict switch
    {
        TokenVerdict.Authenticated => _options.KeepYes,
        TokenVerdict.Rejected => _options.KeepNo,
        _ => TimeSpan.Zero,
    };

    private async Task<TokenReviewResult> AskAsync(string token, CancellationToken deadline)
    {
        try
        {
            var question = new TokenReview
            {
                Spec = new TokenReviewSpec { Token = token, Audiences = _audiences.Count > 0 ? _audiences : null },
            };
            var answer = await _reviews.CreateAsync(question, isIdempotent: true, deadline).ConfigureAwait(false);
            return Judge(answer.Status ?? new TokenReviewStatus());
        }
        catch (Exception e) when (e is ApiException or IOException or OperationCanceledException)
        {
            var why = e is OperationCanceledException ? $"no answer within {_options.Timeout.TotalSeconds:0.###} s" : e.Message;
            var level = e is ApiForbiddenException or ApiUnauthorizedException ? LogLevel.Warning : LogLevel.Information;
            KubernetesLog.ReviewFailed(_logger, level, "token review", why);
            return TokenReviewResult.Unavailable(why);
        }
    }

    private TokenReviewResult Judge(TokenReviewStatus status) => status switch
    {
        { Error: { Length: > 0 } error } => error.Contains(InvalidToken, StringComparison.Ordinal)
            ? TokenReviewResult.Rejected(error)
            : TokenReviewResult.Unavailable(error),
        { Authenticated: not true } => TokenReviewResult.Rejected("the API server does not know the token"),
        { User: null } or { User.Username: null or "" } => TokenReviewResult.Rejected("the token names no user"),

        // A server that knows of no audiences leaves them out, and then nothing says that the token is for us.
        _ when _audiences.Count > 0 && !_audiences.Intersect(status.Audiences ?? []).Any() =>
            TokenReviewResult.Rejected($"the token is not for {string.Join(", ", _audiences)}"),
        _ => new TokenReviewResult(TokenVerdict.Authenticated, status.User, ""),
    };
}
