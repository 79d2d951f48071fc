using ClusterProxy.Hosting.Flags;
using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Gateway.Flags;

internal sealed class TraceFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Tracing";

    private readonly Flag<string> _endpoint = flags.AddString(
        "otlp-endpoint", defaults.OtlpEndpoint, Group, "OTLP collector (gRPC), such as http://collector:4317, that spans are sent to; empty for no traces.");

    private readonly Flag<int> _rate = flags.AddInt(
        "trace-sampling-rate-per-million", defaults.TraceSamplingRatePerMillion, Group, "Requests traced of a million whose caller does not say whether to.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        OtlpEndpoint = result.Get(_endpoint),
        TraceSamplingRatePerMillion = result.Get(_rate),
    };

    public static void Check(GatewayOptions options, OptionErrors errors)
    {
        errors.AddIf(
            options.OtlpEndpoint.Length > 0
            && !(Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"),
            $"flag --otlp-endpoint=\"{options.OtlpEndpoint}\": write http://host:port or https://host:port");
        errors.Range("trace-sampling-rate-per-million", options.TraceSamplingRatePerMillion, 0, 1_000_000);
    }
}
