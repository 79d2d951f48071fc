using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Hosting.Validation;

namespace ClusterProxy.Gateway.Flags;

/// <summary>Ways to the port's certificate besides two files.</summary>
internal sealed class CertificateFlags(FlagSet flags, CertificateOptions defaults)
{
    private const string Group = "Serving certificate";
    private const string AutoApiService = "auto";

    private readonly Flag<string> _certSecret = flags.AddString(
        "serving-cert-secret", defaults.CertSecret, Group, "Secret of type kubernetes.io/tls to serve with, as namespace/name; followed when it changes.");

    private readonly Flag<string> _authoritySecret = flags.AddString(
        "serving-ca-secret", defaults.AuthoritySecret, Group,
        "Secret, as namespace/name, of an authority by which the gateway issues and renews its certificate itself; made if there is none.");

    private readonly Flag<string> _directory = flags.AddString(
        "serving-ca-dir", defaults.AuthorityDirectory, Group, "Directory for that authority where there is no Kubernetes; clients are given its ca.crt.");

    private readonly Flag<string> _pairDirectory = flags.AddString(
        "cert-dir", defaults.PairDirectory, Group,
        "Directory whose apiserver.crt and apiserver.key are served with, where there are both and nothing else is given; nothing is written there.");

    private readonly Flag<string> _service = flags.AddString(
        "serving-service", defaults.Service, Group, "Service in front of the gateway, as namespace/name, whose names such a certificate bears.");

    private readonly Flag<IReadOnlyList<string>> _names = flags.AddStringList(
        "serving-cert-names", defaults.Names, Group, "More names and addresses in it.");

    private readonly Flag<string> _apiService = flags.AddString(
        "api-service", AutoApiService, Group,
        "APIService whose caBundle is kept right; auto for that of the API group with --serving-ca-secret, empty for none.");

    private readonly Flag<TimeSpan> _leaf = flags.AddDuration(
        "serving-cert-lifetime", defaults.Times.Leaf, Group, "How long such a certificate lives; renewed at two thirds of it.");

    private readonly Flag<TimeSpan> _authority = flags.AddDuration(
        "serving-ca-lifetime", defaults.Times.Authority, Group, "How long such an authority lives; rolled over at two thirds of it.");

    private readonly Flag<TimeSpan> _lead = flags.AddDuration(
        "serving-ca-lead", defaults.Times.Lead, Group, "How long a new authority is trusted before it signs.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        Certificates = new CertificateOptions
        {
            CertSecret = result.Get(_certSecret),
            AuthoritySecret = result.Get(_authoritySecret),
            AuthorityDirectory = result.Get(_directory),
            PairDirectory = result.Get(_pairDirectory),
            Service = result.Get(_service),
            Names = result.Get(_names),
            ApiService = result.Get(_apiService) is var name && name != AutoApiService ? name
                : result.Get(_authoritySecret).Length > 0 ? $"{GatewayOptions.Version}.{options.Group}"
                : "",
            Times = new RotationTimes(result.Get(_leaf), result.Get(_authority), result.Get(_lead)),
        },
    };

    public static void Check(GatewayOptions options, OptionErrors errors)
    {
        var certificates = options.Certificates;
        var ways = new[]
        {
            ("tls-cert-file", options.TlsCertFile), ("serving-cert-secret", certificates.CertSecret),
            ("serving-ca-secret", certificates.AuthoritySecret), ("serving-ca-dir", certificates.AuthorityDirectory),
        }.Where(static w => w.Item2.Length > 0).Select(static w => $"--{w.Item1}").ToArray();
        errors.AddIf(ways.Length > 1, $"{string.Join(" and ", ways)}: the port has one certificate; give one of them");
        foreach (var (flag, value) in new[]
        {
            ("serving-cert-secret", certificates.CertSecret), ("serving-ca-secret", certificates.AuthoritySecret), ("serving-service", certificates.Service),
        })
        {
            errors.AddIf(
                value.Length > 0 && value.Split('/') is not [{ Length: > 0 }, { Length: > 0 }],
                $"flag --{flag}: \"{value}\": write namespace/name");
        }

        errors.AddIf(
            !options.UsesKubernetes && certificates.CertSecret.Length + certificates.AuthoritySecret.Length > 0,
            "flags --serving-cert-secret and --serving-ca-secret need Kubernetes: give --kubeconfig as well, or --serving-ca-dir in their place");
        errors.Positive("serving-cert-lifetime", certificates.Times.Leaf);
        errors.Positive("serving-ca-lifetime", certificates.Times.Authority);
        errors.NotNegative("serving-ca-lead", certificates.Times.Lead);
        errors.AddIf(
            certificates.Times.Authority < 2 * certificates.Times.Leaf,
            $"flag --serving-ca-lifetime={certificates.Times.Authority}: give at least twice --serving-cert-lifetime, {certificates.Times.Leaf}");
    }
}
