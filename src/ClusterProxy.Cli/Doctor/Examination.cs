using System.Net;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Client;
using ClusterProxy.Client.Servers;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Cli.Doctor;

/// <summary>Looks at files, ports and pages, and writes down what it saw; it judges nothing.</summary>
/// <param name="input">What to look at.</param>
/// <param name="client">Opens a client by the server options, for the dials.</param>
/// <param name="environment">Reads a variable.</param>
/// <param name="time">The clock.</param>
internal sealed class Examination(DoctorInput input, Func<TunnelClient> client, Func<string, string?> environment, TimeProvider time)
{
    private const int DialsAtATime = 16;

    /// <exception cref="ArgumentException">The server's address is of no supported form.</exception>
    public async Task<Chart> RunAsync(CancellationToken cancellationToken)
    {
        var chart = ReadFiles(new Chart(input, time) { Process = ProcessSubject.Names() });
        var reader = new PageReader(input.Timeout, time);

        // First, so that the counters on them show nothing of what comes next.
        chart = chart with { Pages = await Task.WhenAll(input.HealthUrls.Select(url => reader.ReadAsync(url, cancellationToken))) };
        var probe = new PortProbe(input.Timeout, time);
        var frontend = FrontendTarget(chart) is { } f ? probe.ProbeAsync(f, cancellationToken) : null;
        var agentPort = AgentTarget(chart) is { } a ? probe.ProbeAsync(a, cancellationToken) : null;
        var gateway = GatewayTarget(chart) is { } g ? probe.ProbeAsync(g, cancellationToken) : null;
        chart = chart with
        {
            Frontend = frontend is null ? null : await frontend,
            AgentPort = agentPort is null ? null : await agentPort,
            Gateway = gateway is null ? null : await gateway,
            ApiService = input.Kubeconfig is { } kubeconfig
                ? await new ApiServiceReader(input.Timeout, time).ReadAsync(kubeconfig, input.ApiService, cancellationToken)
                : null,
        };
        return chart.Frontend?.Answer is { IsUnimplemented: false } ? chart with { Dials = await DialAsync(cancellationToken) } : chart;
    }

    private Chart ReadFiles(Chart chart)
    {
        var server = input.Server;
        chart = chart with
        {
            FrontendPair = server is { Cert: { } cert, Key: { } key } ? PairReader.Read(new("cert", cert), new("key", key)) : null,
            FrontendCa = Bundle(server.Ca is { } ca ? new FlagFile("ca", ca) : null),
            AgentPair = Pair(input.AgentPair),
            AgentCa = Bundle(input.AgentCa),
            ServerPair = Pair(input.ServerPair),
            ServerCa = Bundle(input.ServerCa),
            ClusterPair = Pair(input.ClusterPair),
            ClusterCa = Bundle(input.ClusterCa),
            GatewayCa = Bundle(input.GatewayCa),
            Policy = input.FrontendPolicy is { } policy ? PolicyFacts.Read(policy) : null,
        };
        try
        {
            return chart with { Proxy = EgressProxy.FromEnvironment(environment) };
        }
        catch (FormatException e)
        {
            return chart with { ProxyFault = Fault.FromSentence("bad_proxy", e.Message) };
        }
    }

    private PortTarget? FrontendTarget(Chart chart)
    {
        if (input.Server.Server is null)
        {
            return null;
        }

        var address = ServerAddress.From(input.Server.Address());
        return new PortTarget(address.Text, address.EndPoint, address.Tls, input.Server.ServerName ?? address.Host)
        {
            Authorities = chart.FrontendCa?.Bundle,
            Pair = chart.FrontendPair?.Pair,
            HttpConnect = input.Server.IsHttpConnect,
        };
    }

    private PortTarget? AgentTarget(Chart chart)
    {
        if (input.AgentAddress is not { Port: { } port } address)
        {
            return null;
        }

        return new PortTarget(address.ToString(), EndPointOf(address.Host, port), Tls: true, address.Host)
        {
            Authorities = chart.AgentCa?.Bundle,
            Pair = chart.AgentPair?.Pair,
            Proxy = chart.Proxy,
        };
    }

    private PortTarget? GatewayTarget(Chart chart) => input.Gateway is not { } url ? null
        : new PortTarget(url.GetLeftPart(UriPartial.Authority), EndPointOf(url.IdnHost, url.Port), Tls: true, url.IdnHost)
        {
            Authorities = chart.GatewayCa?.Bundle,
            Path = "/readyz",
        };

    private async Task<DialFacts[]> DialAsync(CancellationToken cancellationToken)
    {
        if (input.Clusters.Count == 0)
        {
            return [];
        }

        TunnelClient tunnels;
        try
        {
            tunnels = client();
        }
        catch (StartupException e)
        {
            // Its certificate or its authorities: those have findings of their own, and without them nobody can dial.
            var failure = new TunnelConnectException(DialFailureReason.StreamSetup, e.Message, e);
            return [.. input.Clusters.Select(c => new DialFacts(c, TimeSpan.Zero, failure))];
        }

        await using var owned = tunnels;
        var dials = new DialFacts[input.Clusters.Count];
        await Parallel.ForAsync(
            0, dials.Length, new ParallelOptions { MaxDegreeOfParallelism = DialsAtATime, CancellationToken = cancellationToken },
            async (i, token) => dials[i] = await DialAsync(tunnels, input.Clusters[i], token));
        return dials;
    }

    private async Task<DialFacts> DialAsync(TunnelClient tunnels, TunnelTarget target, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            await using var tunnel = await tunnels.ConnectAsync(target, cancellationToken);
            return new DialFacts(target, time.GetElapsedTime(started));
        }
        catch (TunnelConnectException e)
        {
            return new DialFacts(target, time.GetElapsedTime(started), e);
        }
    }

    private static EndPoint EndPointOf(string host, int port) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(host, port);

    private static PairFacts? Pair((FlagFile Certificate, FlagFile Key)? files) =>
        files is var (certificate, key) ? PairReader.Read(certificate, key) : null;

    private static BundleFacts? Bundle(FlagFile? file) => file is null ? null : BundleFacts.Read(file);
}
