using System.Net;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

internal sealed class OperationFlags(FlagSet flags, AgentOptions defaults)
{
    private const string Group = "Operation";

    private readonly Flag<int> _healthPort = flags.AddInt(
        "health-server-port", defaults.HealthServerPort, Group, "Plain HTTP port for /healthz, /readyz and /metrics.");

    private readonly Flag<IPAddress> _healthAddress = flags.AddParsed(
        "health-server-host", defaults.HealthServerHost, Group, "Address of the health port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<int> _adminPort = flags.AddInt(
        "admin-server-port", defaults.AdminServerPort, Group, "Plain HTTP port for diagnostics.");

    private readonly Flag<IPAddress> _adminAddress = flags.AddParsed(
        "admin-bind-address", defaults.AdminBindAddress, Group, "Address of the admin port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<bool> _profiling = flags.AddBool(
        "enable-profiling", defaults.EnableProfiling, Group, "Serve diagnostics under /debug/pprof/ on the admin port.");

    private readonly Flag<bool> _contention = flags.AddBool(
        "enable-contention-profiling", defaults.EnableContentionProfiling, Group,
        "Accepted without effect: --enable-profiling shows lock contention already, and is needed with it.");

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        HealthServerPort = result.Get(_healthPort),
        HealthServerHost = result.Get(_healthAddress),
        AdminServerPort = result.Get(_adminPort),
        AdminBindAddress = result.Get(_adminAddress),
        EnableProfiling = result.Get(_profiling),
        EnableContentionProfiling = result.Get(_contention),
    };
}
