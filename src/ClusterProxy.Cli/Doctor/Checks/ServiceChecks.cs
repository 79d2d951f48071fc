using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;
using ClusterProxy.Protocol;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether the server lets this client in, and whether the port is the right one.</summary>
internal static class ServiceChecks
{
    private const int MethodNotAllowed = 405;

    public static Finding Login(PortSubject port)
    {
        var (id, facts) = ($"{port.Id}.login", port.Facts);
        var what = $"whether {port.Text} lets {port.Pair?.Certificate.ToString() ?? "a client without certificate"} in";
        if (port.Pair is { Pair: null })
        {
            return Finding.NotChecked(id, what, $"{port.Id}.client failed");
        }

        if (facts.LoginFault is { } fault)
        {
            return Finding.Failed(id, what, fault);
        }

        return facts.Answer is null ? Finding.NotChecked(id, what, ReachChecks.Because(port))
            : port.Pair is not null ? Finding.Ok(id, $"{port.Text} lets {port.Pair.Chain[0].Subject} in")
            : facts.Target.Tls ? Finding.Warning(
                id, what,
                new Fault(
                    "no_certificate_asked", $"{port.Text} asks for no client certificate", "--insecure-agent-port lets everybody in: give the server --cluster-ca-cert, unless agents show tokens"))
            : Finding.Ok(id, $"{port.Text} lets this process in");
    }

    public static Finding Port(PortSubject port)
    {
        var id = $"{port.Id}.port";
        var what = $"whether {port.Text} is the port for {port.Plane}";
        return port.Facts.Answer is not { } answer ? Finding.NotChecked(id, what, ReachChecks.Because(port))
            : FaultOf(port, answer) is { } fault ? Finding.Failed(id, what, fault)
            : Finding.Ok(id, $"{port.Text} is a port for {port.Plane}");
    }

    public static Finding Clock(string id, string whose, ClockReading? clock, string why)
    {
        if (clock is null)
        {
            return Finding.NotChecked(id, $"the clock of {whose}", why);
        }

        var off = clock.Ahead.Duration() - clock.Margin;
        var seen = $"{whose} says {clock.There:u}, this machine {clock.Here:u}";
        var fault = new Fault(
            "clock_skew", $"{seen}: its clock is {clock.Ahead.Duration().TotalSeconds:0} s {(clock.Ahead > TimeSpan.Zero ? "ahead" : "behind")}",
            "find which of the two is wrong (timedatectl, chronyc tracking) and mend its NTP: certificates begin and end by the clock");
        return off > TimeSpan.FromSeconds(60) ? Finding.Failed(id, $"the clock of {whose}", fault)
            : off > TimeSpan.FromSeconds(5) ? Finding.Warning(id, $"the clock of {whose}", fault)
            : Finding.Ok(id, $"the clock of {whose} agrees with this machine's, to {clock.Margin.TotalSeconds:0.0} s");
    }

    public static Finding Wire(PortSubject port)
    {
        var id = $"{port.Id}.wire";
        if (port.Facts.Answer is not { IsUnimplemented: false } answer || FaultOf(port, answer) is not null)
        {
            return Finding.NotChecked(id, $"which additions {port.Text} knows", ReachChecks.Because(port));
        }

        if (port.Facts.Target.HttpConnect)
        {
            return Finding.NotChecked(id, $"which additions {port.Text} knows", "HTTP-CONNECT tells only with a dial", "leave --transport out, if the server serves gRPC too");
        }

        if (answer.Features is null)
        {
            return Finding.Ok(id, $"{port.Text} is upstream's server: it announces no additions, and none are used");
        }

        var missing = TunnelFeatures.Frontend & ~TunnelFeatures.Parse(answer.Features);
        return missing == TunnelFeatureSet.None ? Finding.Ok(id, $"{port.Text} knows {answer.Features}") : Finding.Warning(
            id, $"{port.Text} knows {answer.Features}",
            new Fault(
                "wire_skew", $"{port.Text} does not announce {TunnelFeatures.Format(missing)}, which this version knows",
                "it works without; bring server and clients to one version, or take the addition out of the server's --without-features"));
    }

    private static Fault? FaultOf(PortSubject port, PortAnswer answer)
    {
        if (port.IsAgentPort)
        {
            return answer.IsUnimplemented ? null
                : answer.IsGrpc ? new Fault("frontend_port", $"{port.Text} is the port for frontends: it serves {TunnelHeaders.ProxyMethod}", "give the agent port, by default 8091, and never expose this one to agents")
                : Other(port, answer);
        }

        if (answer.IsGrpc)
        {
            return !answer.IsUnimplemented ? null : new Fault(
                "agent_port", $"{port.Text} is the port for agents: it does not serve {TunnelHeaders.ProxyMethod} ({answer.Text})", "give the frontend port, by default 8090");
        }

        return (port.Facts.Target.HttpConnect, answer.Status) switch
        {
            (true, MethodNotAllowed) => null,
            (false, MethodNotAllowed) => new Fault("connect_only", $"{port.Text} serves HTTP-CONNECT and no gRPC", "give --transport http-connect, or run the server with --mode=auto"),
            (true, _) when answer.Text.Contains("gRPC", StringComparison.Ordinal) => new Fault(
                "grpc_only", $"{port.Text} serves gRPC and no HTTP-CONNECT ({answer.Text})", "leave --transport out, or run the server with --mode=auto"),
            _ => Other(port, answer),
        };
    }

    private static Fault Other(PortSubject port, PortAnswer answer) => new(
        "other_program", $"{port.Text} is no proxy-server: it answered HTTP {answer.Status} {answer.Text}", $"give the port for {port.Plane}, by default {port.DefaultPort}");
}
