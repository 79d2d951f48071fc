using System.Net;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class OperationFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "Operation";

    private readonly Flag<int> _healthPort = flags.AddInt(
        "health-port", defaults.HealthPort, Group, "Plain HTTP port for /healthz, /readyz and /metrics.");

    private readonly Flag<IPAddress> _healthAddress = flags.AddParsed(
        "health-bind-address", defaults.HealthBindAddress, Group, "Address of the health port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<int> _adminPort = flags.AddInt(
        "admin-port", defaults.AdminPort, Group, "Plain HTTP port for /metrics and diagnostics.");

    private readonly Flag<IPAddress> _adminAddress = flags.AddParsed(
        "admin-bind-address", defaults.AdminBindAddress, Group, "Address of the admin port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<bool> _profiling = flags.AddBool(
        "enable-profiling", defaults.EnableProfiling, Group, "Serve diagnostics under /debug/pprof/ on the admin port.");

    private readonly Flag<bool> _contention = flags.AddBool(
        "enable-contention-profiling", defaults.EnableContentionProfiling, Group,
        "Accepted without effect: --enable-profiling shows lock contention already, and is needed with it.");

    private readonly Flag<TimeSpan> _shutdown = flags.AddTimer(
        "graceful-shutdown-timeout", defaults.GracefulShutdownTimeout, Group,
        "How long open connections may go on after SIGTERM; 0 closes them at once.");

    private readonly Flag<TimeSpan> _dialTimeout = flags.AddTimer(
        "backend-dial-timeout", defaults.BackendDialTimeout, Group, "How long an agent may take to answer a dial; 0 for no limit.");

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        HealthPort = result.Get(_healthPort),
        HealthBindAddress = result.Get(_healthAddress),
        AdminPort = result.Get(_adminPort),
        AdminBindAddress = result.Get(_adminAddress),
        EnableProfiling = result.Get(_profiling),
        EnableContentionProfiling = result.Get(_contention),
        GracefulShutdownTimeout = result.Get(_shutdown),
        BackendDialTimeout = result.Get(_dialTimeout),
    };
}
