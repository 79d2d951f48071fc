using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Audit;

/// <summary>The server's audit.</summary>
internal sealed class AuditLog : IAsyncDisposable
{
    private readonly AuditQueue<AuditEntry> _queue;
    private readonly TimeProvider _time;

    public AuditLog(
        string serverId, AuditMetrics metrics, ILogger logger, TimeProvider time, int capacity = AuditQueue<AuditEntry>.DefaultCapacity)
    {
        _time = time;
        _queue = new AuditQueue<AuditEntry>((json, entry) => AuditJson.Write(json, serverId, entry), metrics, logger, time, capacity);
    }

    /// <inheritdoc cref="AuditQueue{TEntry}.Start"/>
    public void Start(IAuditOutput output) => _queue.Start(output);

    public void Write(AuditEntry entry) => _queue.Write(entry);

    /// <inheritdoc cref="AuditQueue{TEntry}.WriteOfStranger"/>
    public void WriteOfStranger(AuditEntry entry) => _queue.WriteOfStranger(entry);

    /// <summary>Somebody showed a certificate that does not open the port, or none.</summary>
    /// <param name="plane">Whose port it was.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="shown">What was wrong with it.</param>
    public void HandshakeRefused(string plane, string peer, PeerCertificateResult shown)
    {
        WriteOfStranger(new AuditEntry(AuditEntry.Handshake, _time.GetUtcNow())
        {
            Plane = plane,
            Subject = [.. ((string[])[shown.Subject, shown.Names]).Where(static text => text.Length > 0)],
            Issuer = shown.Issuer,
            Peer = peer,
            Result = shown.Reason,
            Detail = shown.Detail,
        });
    }

    /// <summary>An agent, or a lane, showed a certificate that opens the port and is not let in all the same.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="detail">For people.</param>
    public void AgentRefused(X509Certificate2? certificate, string peer, AgentRefusalReason reason, string detail) =>
        LetInNobody(AuditEntry.Agent, "agent", certificate, peer, reason.ToTag(), detail);

    /// <summary>A server showed a certificate that opens the peer port, and its lane is not taken all the same.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="detail">For people.</param>
    public void PeerRefused(X509Certificate2? certificate, string peer, PeerRefusalReason reason, string detail) =>
        LetInNobody(AuditEntry.Server, PeerPlane.Name, certificate, peer, reason.ToTag(), detail);

    /// <summary>A CONNECT client asked for something that is no dial.</summary>
    /// <param name="subject">Who it was.</param>
    /// <param name="peer">Where it came from.</param>
    /// <param name="status">What it was answered.</param>
    /// <param name="detail">For people.</param>
    public void RequestRefused(FrontendSubject? subject, string peer, int status, string detail) => Write(
        new AuditEntry(AuditEntry.Request, _time.GetUtcNow())
        {
            Frontend = FrontendNames.Connect,
            Subject = subject?.Names ?? (IReadOnlyCollection<string>)[],
            Peer = peer,
            Result = $"{status}",
            Detail = detail,
        });

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private void LetInNobody(string name, string plane, X509Certificate2? certificate, string peer, string result, string detail) =>
        WriteOfStranger(new AuditEntry(name, _time.GetUtcNow())
        {
            Plane = plane,
            Subject = certificate is null ? [] : FrontendSubject.Of(certificate).Names,
            Peer = peer,
            Result = result,
            Detail = PeerText.Bound(detail),
        });
}
