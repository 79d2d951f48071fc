using System.Globalization;
using System.Text;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Tests.Kit;
using Xunit.Abstractions;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>
/// Many requests over the wire, through the whole gateway, to a cluster that looks at each byte: no identity but ours arrives, no request
/// arrives twice, and none that nobody sent.
/// </summary>
public sealed class GeneratedRequestTests(ITestOutputHelper output) : ForwarderTest
{
    /// <summary>1000000 takes minutes.</summary>
    private const string CountVariable = "CLUSTERPROXY_TEST_GENERATED_REQUESTS";
    private const int DefaultCount = 20_000;
    private const int Connections = 8;

    [Fact]
    public async Task NoIdentityOfTheCaller_AndNoSecondRequest_Arrives()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable(CountVariable) ?? DefaultCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var random = SeededRandom.Create(output.WriteLine);
        var arrived = new int[count];
        string? wrong = null;
        await using var cluster = new RawCluster(Gateway.Certificates)
        {
            Forgets = true,
            Answer = request =>
            {
                if (Objection(request, arrived) is { } objection)
                {
                    Interlocked.CompareExchange(ref wrong, $"{objection}: {request.Line}\n{string.Join('\n', request.Headers)}", null);
                }

                return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            },
        };
        Gateway.AddCluster("alpha", cluster.Port);
        Gateway.Identity = ForwardedIdentity.Impersonate("somebody", "u", ["readers"]);

        var share = (count + Connections - 1) / Connections;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(i =>
            SendAsync(new RequestGenerator(new SeededRandom(random.Seed + i)), i * share, Math.Min(count, (i + 1) * share))));

        Assert.Null(wrong);
        Assert.All(arrived, static n => Assert.InRange(n, 0, 1));
        output.WriteLine($"{arrived.Count(static n => n == 1)} of {count} requests arrived; the others were refused");
        Assert.True(arrived.Count(static n => n == 1) > count * 0.9, "too few requests arrived to show anything");
    }

    private static string? Objection(RawRequest request, int[] arrived)
    {
        var at = request.Target.LastIndexOf("n=", StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(request.Target.AsSpan(at + 2), out var number) || number < 0 || number >= arrived.Length)
        {
            return "nobody sent this";
        }

        if (Interlocked.Increment(ref arrived[number]) > 1)
        {
            return "it came twice";
        }

        foreach (var (name, value) in request.Headers)
        {
            var expected = name.Replace('_', '-').ToUpperInvariant() switch
            {
                "AUTHORIZATION" => $"Bearer {ForwarderFixture.Token}",
                "IMPERSONATE-USER" => "somebody",
                "IMPERSONATE-UID" => "u",
                "IMPERSONATE-GROUP" => "readers",
                "COOKIE" or "PROXY-AUTHORIZATION" or "X-EVIL" or "TRAILER" or "TE" or "EXPECT" => "\0",
                var other when other.StartsWith("X-REMOTE-", StringComparison.Ordinal)
                    || other.StartsWith("IMPERSONATE-", StringComparison.Ordinal) => "\0",
                "SEC-WEBSOCKET-PROTOCOL" when value.Contains("bearer", StringComparison.Ordinal) => "\0",
                _ => value,
            };
            if (value != expected)
            {
                return $"header {name} is the caller's";
            }
        }

        return request.Headers.Select(static h => h.Key.Replace('_', '-').ToUpperInvariant())
            .GroupBy(static n => n).Any(static g => g.Count() > 1 && g.Key is "AUTHORIZATION" or "IMPERSONATE-USER" && g.Count() > 1)
            ? "an identity header came twice"
            : request.Body.Contains("trailer:", StringComparison.Ordinal) ? "a trailer came" : null;
    }

    /// <summary>One after another on a connection, and on another one when the gateway has closed it.</summary>
    private async Task SendAsync(RequestGenerator generator, int first, int end)
    {
        var number = first;
        while (number < end)
        {
            await using var tls = await Gateway.ConnectAsync();
            var buffer = new byte[16 * 1024];
            for (var isOpen = true; isOpen && number < end; number++)
            {
                await tls.WriteAsync(Encoding.Latin1.GetBytes(generator.Next(number)));
                isOpen = await ReadAnswerAsync(tls, buffer);
            }
        }
    }

    /// <returns>False when the connection is closed behind it.</returns>
    private static async Task<bool> ReadAnswerAsync(Stream stream, byte[] buffer)
    {
        var text = "";
        while (true)
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return false;
            }

            text += Encoding.Latin1.GetString(buffer, 0, read);
            if (text.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
            {
                text = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            }

            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }

            var head = text[..end];
            var body = text[(end + 4)..];
            if (head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (body.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || (Length(head) is { } length && body.Length >= length))
            {
                return true;
            }
        }
    }

    private static int? Length(string head)
    {
        const string name = "Content-Length: ";
        var at = head.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : int.Parse(head[(at + name.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
