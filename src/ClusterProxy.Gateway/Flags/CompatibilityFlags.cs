using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

/// <summary>Flags that upstream's deployments set, most of them of the API server library, and that have nothing to act on here.</summary>
internal static class CompatibilityFlags
{
    public const string Group = "Accepted without effect";

    public static void Add(FlagSet flags)
    {
        flags.AddBool("virtual-clutser-with-control-plane", true, Group, "List the hub as the virtual cluster local; it always is.");
        flags.AddBool("profiling", true, Group, "Profiling on the secure port; there is none.");
        flags.AddBool("contention-profiling", false, Group, "Profiling of locks.");
        flags.AddBool("enable-priority-and-fairness", true, Group, "Priority and fairness; it never applied to proxied requests.");
        flags.AddStringList("enable-admission-plugins", [], Group, "Admission; nothing is stored here.");
        flags.AddStringList("disable-admission-plugins", [], Group, "Admission.");
        flags.AddString("admission-control-config-file", "", Group, "Admission.");
        flags.AddString("egress-selector-config-file", "", Group, "Egress; see the tunnel's flags.");
        flags.AddString("tracing-config-file", "", Group, "Tracing configuration of the API server library.");
        flags.AddBool("permit-address-sharing", false, Group, "SO_REUSEADDR on the secure port.");
        flags.AddBool("permit-port-sharing", false, Group, "SO_REUSEPORT on the secure port.");
        flags.AddStringList("tls-sni-cert-key", [], Group, "Further serving certificates by name.");
    }
}
