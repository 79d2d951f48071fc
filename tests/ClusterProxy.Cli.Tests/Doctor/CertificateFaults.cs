using System.Security.Cryptography;
using ClusterProxy.Hosting.Certificates;
using static ClusterProxy.Cli.Tests.Doctor.InjectedFault;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Chains, names, ends, keys, usages, files.</summary>
internal static class CertificateFaults
{
    private static readonly TimeProvider Time = TimeProvider.System;

    public static IReadOnlyList<InjectedFault> All { get; } =
    [
        Failed("server of an unknown authority", "frontend.chain", "unknown_authority", static b =>
        {
            b.Expect("CN=strangers");
            return b.Listen(b.Keep(new TestCertificates("strangers")).Server().Certificate);
        }),
        Failed("server of an authority that was made anew", "frontend.chain", "other_key", static b =>
        {
            b.Expect("CN=frontends' CA");
            return b.Listen(b.Keep(new TestCertificates("frontends' CA")).Server().Certificate);
        }),
        Failed("server without its intermediate", "frontend.chain", "missing_intermediate", static b =>
        {
            var intermediate = b.Keep(b.Hub.Frontends.Authority.CreateIntermediate(b.Expect("issuing CA")));
            var client = b.Save(intermediate.IssueClient(new CertificateProfile { CommonName = "cli" }));
            return
            [
                .. b.Listen(b.Save(intermediate.IssueServer(FaultBench.Serving())).Certificate)[..4],
                .. Hub.Pair(client),
            ];
        }),
        Failed("server with a client's certificate", "frontend.chain", "no_server_usage", static b =>
        {
            b.Expect("serverAuth");
            return b.Listen(b.Save(b.Hub.Frontends.Authority.IssueClient(FaultBench.Serving())).Certificate);
        }),
        Failed("no CA file for an authority of one's own", "frontend.chain", "unknown_authority", static b =>
            ["--server", $"https://127.0.0.1:{b.Expect(b.Hub.FrontendPort)}", .. Hub.Pair(b.Hub.Cli)]),
        Failed("server whose certificate has names only", "frontend.name", "address_not_in_certificate", static b =>
        {
            b.Expect("127.0.0.1");
            return b.Listen(b.Save(b.Hub.Frontends.Authority.IssueServer(FaultBench.Serving(b.Expect("hub.example")))).Certificate);
        }),
        Failed("server whose certificate has addresses only", "frontend.name", "name_not_in_certificate", static b =>
        {
            b.Expect("127.0.0.1");
            return b.ListenAt(b.Save(b.Hub.Frontends.Authority.IssueServer(FaultBench.Serving("127.0.0.1"))).Certificate, b.Expect("localhost"));
        }),
        Failed("agent port whose certificate lacks the name", "agent-port.name", "name_not_in_certificate", static b =>
        {
            var port = b.Keep(new TlsListener(b.Hub.Agents.Server(b.Expect("hub.example")).Certificate)).Port;
            return b.Hub.AgentAt($"localhost:{port}");
        }),
        Failed("server's certificate expired", "frontend.expiry", "expired", static b =>
        {
            b.Expect("hours ago");
            return b.Listen(b.Save(b.Hub.Frontends.Authority.IssueServer(FaultBench.Serving() with
            {
                NotBefore = Time.GetUtcNow().AddDays(-1),
                Lifetime = TimeSpan.FromHours(-3),
            })).Certificate);
        }),
        Failed("server's certificate not yet valid", "frontend.expiry", "not_yet_valid", static b =>
        {
            b.Expect("clock");
            return b.Listen(b.Save(b.Hub.Frontends.Authority.IssueServer(FaultBench.Serving() with { NotBefore = Time.GetUtcNow().AddHours(5) })).Certificate);
        }),
        Warning("server's certificate ends soon", "frontend.expiry", "ends_soon", static b =>
        {
            b.Expect("CN=faulty-server");
            return b.Listen(b.Save(b.Hub.Frontends.Authority.IssueServer(FaultBench.Serving() with
            {
                NotBefore = Time.GetUtcNow().AddDays(-90),
                Lifetime = TimeSpan.FromDays(3),
            })).Certificate);
        }),
        Failed("client's certificate expired", "frontend.client-expiry", "expired", static b =>
            [.. b.Hub.FrontendAt(b.Hub.FrontendPort), .. Hub.Pair(b.Hub.Frontends.ExpiredClient(b.Expect("late")))]),
        Failed("client's certificate expired, as the server sees it", "frontend.login", "certificate_refused", static b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Hub.FrontendPort)), .. Hub.Pair(b.Hub.Frontends.ExpiredClient(b.Expect("late")))]),
        Warning("agent's certificate ends soon", "agent-port.client-expiry", "ends_soon", static b =>
        {
            var ending = b.Hub.Agents.EndingClient(TimeSpan.FromHours(3), b.Expect("ending"), "spiffe://hub/cluster/alpha");
            return ["--agent-cert", ending.CertificateFile, "--agent-key", ending.KeyFile];
        }),
        Failed("authority expired", "frontend.ca-expiry", "expired", static b =>
        {
            var ended = b.Keep(CertificateAuthority.Create(b.Expect("old CA"), Time, TimeSpan.FromMinutes(-1)));
            return ["--server", $"https://127.0.0.1:{b.Hub.FrontendPort}", "--ca", b.Write("old.crt", ended.ExportCertificatePem())];
        }),
        Failed("key of another certificate", "frontend.client", "key_mismatch", static b =>
            [.. b.Hub.FrontendAt(b.Hub.FrontendPort), "--cert", b.Expect(b.Hub.Cli.CertificateFile), "--key", b.Expect(b.Hub.Alpha.KeyFile)]),
        Failed("key file that does not exist", "frontend.client", "unreadable_file", static b =>
            [.. b.Hub.FrontendAt(b.Hub.FrontendPort), "--cert", b.Hub.Cli.CertificateFile, "--key", b.Expect("/no/such.key")]),
        Failed("key that is encrypted", "frontend.client", "encrypted_key", static b =>
        {
            using var key = ECDsa.Create();
            var pem = key.ExportEncryptedPkcs8PrivateKeyPem("pw", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
            return [.. b.Hub.FrontendAt(b.Hub.FrontendPort), "--cert", b.Hub.Cli.CertificateFile, "--key", b.Expect(b.Write("encrypted.key", pem))];
        }),
        Failed("certificate in place of the key", "frontend.client", "no_key", static b =>
            [.. b.Hub.FrontendAt(b.Hub.FrontendPort), "--cert", b.Hub.Cli.CertificateFile, "--key", b.Expect(b.Hub.Cli.CertificateFile)]),
        Failed("CA file without a certificate", "frontend.ca", "bad_certificate", static b =>
            ["--server", $"https://127.0.0.1:{b.Hub.FrontendPort}", "--ca", b.Expect(b.Write("empty.crt", "nothing\n"))]),
        Warning("key that everybody may read", "frontend.client-key", "key_exposed", static b =>
        {
            var client = b.Save(b.Hub.Frontends.Authority.IssueClient(new CertificateProfile { CommonName = "cli" }));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(client.KeyFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            b.Expect("444");
            b.Expect(client.KeyFile);
            return [.. b.Hub.FrontendAt(b.Hub.FrontendPort), .. Hub.Pair(client)];
        }),
        Failed("client with a server's certificate", "frontend.client-usage", "no_client_usage", static b =>
        {
            b.Expect("clientAuth");
            return [.. b.Hub.FrontendAt(b.Hub.FrontendPort), .. Hub.Pair(b.Hub.Frontends.Server())];
        }),
        Failed("client of an authority that the server does not know", "frontend.login", "certificate_refused", static b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Hub.FrontendPort)), .. Hub.Pair(b.Keep(new TestCertificates(b.Expect("strangers"))).Client())]),
        Failed("client of another authority, on the server's machine", "frontend.client-issuer", "issuer_not_accepted", static b =>
        [
            .. b.Hub.FrontendAt(b.Hub.FrontendPort), .. Hub.Pair(b.Keep(new TestCertificates(b.Expect("strangers"))).Client()),
            "--server-ca-cert", b.Expect(b.Hub.Frontends.AuthorityFile),
        ]),
        Failed("no client certificate", "frontend.login", "certificate_required", static b => b.Hub.FrontendAt(b.Expect(b.Hub.FrontendPort))),
        Failed("server's file lacks the name that is dialled", "server-files.frontend-name", "name_not_in_certificate", static b =>
        {
            var other = b.Hub.Frontends.Server(b.Expect("other.example"));
            return [.. b.Hub.AsFrontend, "--server-name", b.Expect("hub.example"), "--server-cert", other.CertificateFile, "--server-key", other.KeyFile];
        }),
        Warning("one authority for both planes", "server-files.planes", "one_authority", static b =>
        {
            b.Expect("CN=agents' CA");
            return ["--server-ca-cert", b.Hub.Agents.AuthorityFile, "--cluster-ca-cert", b.Hub.Agents.AuthorityFile];
        }),
    ];
}
