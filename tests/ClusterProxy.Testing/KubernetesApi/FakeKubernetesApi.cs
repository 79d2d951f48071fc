using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ClusterProxy.Kubernetes.Configuration;
using ClusterProxy.Testing.Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// A Kubernetes API server with HTTPS and everything in memory, near enough to the real one for kubectl and @kubernetes/client-node:
/// paging, watches with bookmarks and expiry, conflicts, server-side apply, status and approval subresources, reviews, discovery, Table.
/// It speaks JSON only. Namespaces need not exist, nothing is defaulted, and whoever is known may do everything unless <see cref="Forbidden"/> says no.
/// </summary>
public sealed class FakeKubernetesApi : IAsyncDisposable
{
    public const string AdminToken = "the-admins-token";

    private readonly WebApplication _application;
    private readonly TestCertificates? _ownCertificates;
    private readonly ObjectStore _store = new();
    private readonly WatchControl _watches = new();
    private readonly ApiEndpoints _endpoints;
    private readonly Channel<string> _logLines = Channel.CreateUnbounded<string>();
    private readonly ObservedList<RecordedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, ConnectionContext> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _serverNames = new(StringComparer.Ordinal);

    private FakeKubernetesApi(WebApplicationBuilder builder, TestCertificates certificates, bool ownsCertificates, TimeProvider time, int port)
    {
        Certificates = certificates;
        _ownCertificates = ownsCertificates ? certificates : null;
        ServerCertificate = certificates.Server("localhost", "127.0.0.1", "kubernetes.default.svc").Certificate;
        Faults = new ApiFaults(id => _connections.GetValueOrDefault(id)?.Abort());
        Tokens[AdminToken] = new ApiUser("admin", "system:masters");
        _endpoints = new ApiEndpoints(this, _store, _watches, time);
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, Listen);
        });
        _application = builder.Build();
        _application.UseWebSockets();
        _application.Run(ServeAsync);
    }

    /// <summary>The authority of the serving certificate and of client certificates.</summary>
    public TestCertificates Certificates { get; }

    /// <summary>For new handshakes; may be replaced.</summary>
    public X509Certificate2 ServerCertificate { get; set; }

    public Uri Url { get; private set; } = null!;

    /// <summary>Whose token is whose; the admin's is there from the start.</summary>
    public ConcurrentDictionary<string, ApiUser> Tokens { get; } = new(StringComparer.Ordinal);

    public ApiFaults Faults { get; }

    /// <summary>The answer to SubjectAccessReviews, by their spec. No, unless a test says otherwise.</summary>
    public Func<JsonObject, bool> AccessRule { get; set; } = static _ => false;

    /// <summary>Requests that are answered with 403.</summary>
    public Func<RecordedRequest, bool> Forbidden { get; set; } = static _ => false;

    /// <summary>Answers a watch of an old version by the status 410 instead of an event in a watch that was accepted.</summary>
    public bool RefusesExpiredWatches { get; set; }

    /// <summary>The kinds that are served; a test may add custom ones before it starts clients.</summary>
    public IReadOnlyList<ApiResource> Resources { get; set; } = ApiResources.All;

    /// <summary>An API group that another server serves; its kinds must be among <see cref="Resources"/> to be discovered.</summary>
    public AggregatedApi? Aggregated { get; set; }

    /// <summary>Answers a port-forward by WebSocket with 400, as servers before 1.30 do.</summary>
    public bool RefusesForwardingWebSockets { get; set; }

    /// <summary>Who callers are that prove nothing; null refuses them.</summary>
    public ApiUser? Anonymous { get; set; }

    /// <summary>Connections that are open now.</summary>
    public int Connections => _connections.Count;

    public IReadOnlyList<RecordedRequest> Requests => _requests.Items;

    /// <summary>Watches that were opened so far and hear what comes.</summary>
    public ObservedCount WatchesStarted { get; } = new();

    /// <param name="certificates">Null makes an authority of its own.</param>
    /// <param name="time">Null for the system's.</param>
    /// <param name="port">0 picks one.</param>
    public static async Task<FakeKubernetesApi> StartAsync(TestCertificates? certificates = null, TimeProvider? time = null, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var api = new FakeKubernetesApi(
            builder, certificates ?? new TestCertificates("fake API server CA"), certificates is null, time ?? TimeProvider.System, port);
        await api._application.StartAsync();
        api.Url = new Uri(api._application.Urls.Single());
        return api;
    }

    /// <summary>The first request that matches, past or to come; await it through DefaultTimeout.</summary>
    public Task<RecordedRequest> WaitForRequestAsync(Func<RecordedRequest, bool> matches) => _requests.WaitForAsync(matches);

    /// <summary>Access with the admin's token, or another one.</summary>
    public ClusterAccess Access(string token = AdminToken) => new(
        new KubeConfigCluster { Server = Url, CertificateAuthority = PemSource.FromFile(Certificates.AuthorityFile) },
        new KubeConfigUser { Token = token },
        ClusterAccess.DefaultNamespace);

    /// <summary>A kubeconfig file's text with the admin's token, for programs.</summary>
    public string KubeConfigText(string token = AdminToken) => $"""
        apiVersion: v1
        kind: Config
        current-context: fake
        clusters:
        - name: fake
          cluster: {"{"} server: "{Url.GetLeftPart(UriPartial.Authority)}", certificate-authority: "{Certificates.AuthorityFile}" {"}"}
        users:
        - name: admin
          user: {"{"} token: "{token}" {"}"}
        contexts:
        - name: fake
          context: {"{"} cluster: fake, user: admin, namespace: default {"}"}

        """;

    /// <summary>Puts an object there without a request; it must carry apiVersion, kind and a name.</summary>
    public JsonObject Put(string json) => _endpoints.Put((JsonObject)JsonNode.Parse(json)!);

    /// <summary>Null when there is none.</summary>
    public JsonObject? Find(string plural, string? inNamespace, string name) =>
        (JsonObject?)_store.Find(Resources.Single(r => r.Plural == plural), new ObjectKey(inNamespace ?? "", name))?.DeepClone();

    public void Delete(string plural, string? inNamespace, string name) =>
        _store.Write(Resources.Single(r => r.Plural == plural), new ObjectKey(inNamespace ?? "", name), static _ => null);

    /// <summary>A line of whatever pod's log is being followed, or is followed next.</summary>
    public void WriteLog(string line) => _logLines.Writer.TryWrite(line);

    /// <summary>Forgets all history, as etcd does by the hour.</summary>
    public void Compact() => _store.Compact();

    public void SendBookmarks() => _watches.Tell(WatchAction.Bookmark);

    public void EndWatches() => _watches.Tell(WatchAction.End);

    public void BreakWatches() => _watches.Tell(WatchAction.Break);

    public void ExpireWatches() => _watches.Tell(WatchAction.Expire);

    internal ChannelReader<string> LogLines => _logLines.Reader;

    public async ValueTask DisposeAsync()
    {
        // No grace: a watch that a test left behind is cut.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
        Aggregated?.Dispose();
        _ownCertificates?.Dispose();
    }

    private void Listen(ListenOptions listener)
    {
        listener.Use(next => async connection =>
        {
            _connections[connection.ConnectionId] = connection;
            try
            {
                await next(connection);
            }
            finally
            {
                _connections.TryRemove(connection.ConnectionId, out _);
            }
        });
        listener.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (connection, name) =>
            {
                _serverNames[connection!.ConnectionId] = name ?? "";
                return ServerCertificate;
            },
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,

            // Whom it proves is decided a request, so that a foreign certificate is answered with 401 as by the real server.
            ClientCertificateValidation = static (_, _, _) => true,
        });
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (Aggregated is { } aggregated && aggregated.Serves(context.Request.Path.Value ?? "")
            && await ApiAuthentication.UserAsync(this, context) is { } known)
        {
            await aggregated.ForwardAsync(context, known);
            return;
        }

        using var body = new StreamReader(context.Request.Body, Encoding.UTF8);
        var headers = context.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new RecordedRequest(
            context.Request.Method,
            context.Request.Path.Value ?? "",
            context.Request.QueryString.Value ?? "",
            context.Request.Protocol,
            _serverNames.GetValueOrDefault(context.Connection.Id),
            headers,
            await body.ReadToEndAsync(context.RequestAborted))
        {
            User = await ApiAuthentication.UserAsync(this, context) ?? Anonymous,
        };
        _requests.Add(request);
        try
        {
            await _endpoints.ServeAsync(context, request);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
    }
}
