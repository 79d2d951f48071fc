using System.Text;
using ClusterProxy.Kubernetes.Configuration;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Configuration;

public sealed class KubeConfigPropertyTests(ITestOutputHelper output)
{
    private const string Sample = """
        apiVersion: v1
        kind: Config
        current-context: "a"
        clusters:
        - name: a
          cluster: &c { server: https://a.example:6443, certificate-authority-data: QUJD, tls-server-name: x }
        - name: b
          cluster: *c
        users:
        - name: u
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: plugin
              args: ["a", 'b']
              env:
              - name: X
                value: "1"
        contexts:
        - name: a
          context: {cluster: a, user: u}
        """;

    [Fact]
    public void AnyText_IsReadOrRefusedInWords()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 5_000; i++)
        {
            var text = Mutate(random);
            try
            {
                KubeConfigReader.Read(new StringReader(text), "/file");
            }
            catch (KubeConfigException e)
            {
                Assert.StartsWith("/file: ", e.Message, StringComparison.Ordinal);
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType().Name}: {e.Message} for:\n{text}");
            }
        }
    }

    [Fact]
    public void AnyNamesAndValues_ComeBackAsTheyWereWritten()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 2_000; i++)
        {
            var (name, token, ns) = (Word(random), Word(random), Word(random));
            var yaml = $"""
                current-context: {Quote(name)}
                clusters: [{"{"} name: {Quote(name)}, cluster: {"{"} server: https://s.example {"}"} {"}"}]
                users: [{"{"} name: {Quote(name)}, user: {"{"} token: {Quote(token)} {"}"} {"}"}]
                contexts: [{"{"} name: {Quote(name)}, context: {"{"} cluster: {Quote(name)}, user: {Quote(name)}, namespace: {Quote(ns)} {"}"} {"}"}]
                """;

            var access = KubeConfigReader.Read(new StringReader(yaml), "/file").Access();

            Assert.Equal((token, ns), (access.User.Token, access.Namespace));
        }
    }

    private static string Mutate(SeededRandom random)
    {
        var text = new StringBuilder(Sample);
        for (var change = random.Next(1, 6); change > 0; change--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, "&*{}[]:-,#\"'|>%@`!\t\n ~0x"[random.Next(24)]);
                    break;
                case 2:
                    text[at] = (char)random.Next(1, 0x300);
                    break;
                default:
                    var from = random.Next(text.Length);
                    text.Insert(at, text.ToString(from, Math.Min(random.Next(1, 60), text.Length - from)));
                    break;
            }
        }

        return text.ToString();
    }

    private static string Word(SeededRandom random)
    {
        const string Characters = "abcXYZ019-_./:@ {}[]#&*!|>'\"%,?~äß";
        return "w" + new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => Characters[random.Next(Characters.Length)])]);
    }

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
