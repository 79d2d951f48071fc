using System.Net;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Kubernetes.Credentials;
using ClusterProxy.Kubernetes.Transport;
using Microsoft.Extensions.Logging;
using Polly;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>
/// Sends requests: rate limit → credential → connection → headers → body, the last four once an attempt, within one deadline.
/// What comes out is a result, an <see cref="ApiException"/> or an <see cref="IOException"/>.
/// </summary>
internal sealed class ApiSender : IDisposable
{
    private readonly string _baseUrl;
    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerTrust _trust;
    private readonly ApiTransport _transport;
    private readonly ICredentialSource _credentials;
    private readonly Impersonation? _impersonation;
    private readonly ResiliencePipeline _retry;
    private readonly RequestRateLimit? _limit;

    public ApiSender(ClusterAccess access, KubernetesClientOptions options, TimeProvider time, ILogger logger)
    {
        _baseUrl = ServerAddress.BaseUrl(access.Cluster);
        _options = options;
        _time = time;
        _trust = new ServerTrust(access.Cluster, options.FileRereadPeriod, time, logger);
        _transport = new ApiTransport(access.Cluster, _trust);
        _credentials = CredentialSource.Create(access.User, access.Cluster, options, time, logger);
        _impersonation = access.User.Impersonate;
        _retry = ApiRetry.Create(options.Retry, time, logger);
        _limit = options.RequestsPerSecond > 0 ? new RequestRateLimit(options.RequestsPerSecond, options.Burst, time) : null;
    }

    public void Dispose() => _transport.Dispose();

    /// <summary>Sends and reads the whole answer; a body that breaks off is an attempt that failed.</summary>
    /// <param name="request">What to send.</param>
    /// <param name="read">Reads a successful answer.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<T> ReadAsync<T>(
        ApiRequest request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        return request.IsIdempotent
            ? await _retry.ExecuteAsync(AttemptAsync, cancellationToken).ConfigureAwait(false)
            : await AttemptAsync(cancellationToken).ConfigureAwait(false);

        async ValueTask<T> AttemptAsync(CancellationToken token)
        {
            using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, deadline.Token);
            return await TranslateAsync(request, _options.RequestTimeout, SendAndReadAsync, token).ConfigureAwait(false);

            async Task<T> SendAndReadAsync()
            {
                using var response = await SendAsync(request, either.Token).ConfigureAwait(false);
                return await read(response, either.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends and returns when the headers are there; only they have a deadline.</summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        return await _retry.ExecuteAsync(AttemptAsync, cancellationToken).ConfigureAwait(false);

        async ValueTask<HttpResponseMessage> AttemptAsync(CancellationToken token)
        {
            using var deadline = new CancellationTokenSource(_options.RequestTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, deadline.Token);
            return await TranslateAsync(request, _options.RequestTimeout, () => SendAsync(request, either.Token), token)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Turns what the platform throws into one of our two kinds of failure; the caller's cancellation stays what it is.</summary>
    public async Task<T> TranslateAsync<T>(ApiRequest request, TimeSpan deadline, Func<Task<T>> send, CancellationToken caller)
    {
        try
        {
            return await send().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw new ApiConnectionException($"{request} to {_baseUrl}: no answer within {deadline.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException e)
        {
            throw new ApiConnectionException($"{request} to {_baseUrl}: {Reason(e)}", e);
        }
        catch (IOException e) when (e is not (ApiConnectionException or KubeConfigException))
        {
            throw new ApiConnectionException($"{request} to {_baseUrl}: the answer broke off ({e.Message})", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var credential = await _credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        var response = await SendAsync(request, credential, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            // A token that has just been replaced: once more, if there is another one.
            _credentials.Reject(credential);
            var renewed = await _credentials.GetAsync(cancellationToken).ConfigureAwait(false);
            if (!renewed.IsSameAs(credential))
            {
                response.Dispose();
                response = await SendAsync(request, renewed, cancellationToken).ConfigureAwait(false);
            }
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ApiFailure.ReadAsync(request.ToString(), response, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ApiRequest request, Credential credential, CancellationToken cancellationToken)
    {
        if (_limit is not null)
        {
            await _limit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        using var message = request.CreateMessage(_baseUrl);
        message.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        if (credential.Authorization is { } authorization)
        {
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        _impersonation?.AddTo(message.Headers);
        return await _transport.SendAsync(message, credential.Identity, cancellationToken).ConfigureAwait(false);
    }

    private string Reason(HttpRequestException e) => e.HttpRequestError == HttpRequestError.SecureConnectionError
        ? _trust.LastFailure ?? $"TLS failed ({(e.InnerException ?? e).Message})"
        : e.Message;
}
